import { nameOf, nodesIn, parse, type SyntaxNode } from './syntax.ts';

/** A name in this module or, with `from`, in another one. */
export interface Target {
  readonly name: string;
  readonly from?: string;
}

export interface Declaration {
  readonly file: string;
  readonly name: string;
  /** The text without comments and without `export`. */
  readonly text: string;
  /** Every name that the text contains. */
  readonly mentions: ReadonlySet<string>;
}

/** A declaration file, as tables of names. */
export interface Module {
  readonly file: string;
  /** By name. A name has several declarations if it is overloaded, or if an interface shares its name with a value. */
  readonly declared: Map<string, Declaration[]>;
  readonly imported: Map<string, Target>;
  /** By public name. */
  readonly exported: Map<string, Target>;
  /** Modules from which everything is re-exported. */
  readonly stars: string[];
  /** The modules of the same package that this one names. */
  readonly relatives: string[];
  /** What the file adds to modules of other packages, or to the global scope. */
  readonly additions: Declaration[];
}

export function readModule(file: string, source: string): Module {
  const { statements, comments } = parse(file, source);
  const module: Module = {
    file,
    declared: new Map(),
    imported: new Map(),
    exported: new Map(),
    stars: [],
    relatives: [],
    additions: [],
  };
  for (const statement of statements) readStatement(statement);
  return module;

  function readStatement(statement: SyntaxNode): void {
    const from = statement['source'] ? nameOf(statement['source']) : undefined;
    if (from?.startsWith('.')) module.relatives.push(from);
    if (statement.type === 'ImportDeclaration') readImport(statement, from);
    else if (statement.type === 'ExportAllDeclaration') readExportAll(statement, from);
    else if (statement.type === 'ExportNamedDeclaration') readExport(statement, from);
    else if (statement.type === 'ExportDefaultDeclaration') throw new Error(`${file}: named exports only`);
    else declare(statement);
  }

  function readImport(statement: SyntaxNode, from = ''): void {
    for (const specifier of partsOf(statement, 'specifiers')) {
      const whole = specifier.type === 'ImportNamespaceSpecifier' ? '*' : 'default';
      const name = specifier['imported'] ? nameOf(specifier['imported']) : whole;
      module.imported.set(nameOf(specifier['local']), { name, from });
    }
  }

  function readExportAll(statement: SyntaxNode, from = ''): void {
    if (statement['exported']) module.exported.set(nameOf(statement['exported']), { name: '*', from });
    else module.stars.push(from);
  }

  function readExport(statement: SyntaxNode, from?: string): void {
    for (const specifier of partsOf(statement, 'specifiers')) {
      const target = { name: nameOf(specifier['local']), ...(from !== undefined && { from }) };
      module.exported.set(nameOf(specifier['exported']), target);
    }
    const declaration = statement['declaration'] as SyntaxNode | null;
    if (declaration) for (const name of declare(declaration)) module.exported.set(name, { name });
  }

  /** Notes a declaration under each name that it declares. */
  function declare(node: SyntaxNode): readonly string[] {
    const names = node['id'] ? [nameOf(node['id'])] : partsOf(node, 'declarations').map(({ id }) => nameOf(id));
    const isAddition = node.type === 'TSModuleDeclaration' && /^declare (module ['"]|global)/.test(textOf(node));
    const mentions = new Set([...nodesIn(node)].filter(({ type }) => type === 'Identifier').map(nameOf));
    const declaration = { file, name: names[0] ?? '', text: textOf(node), mentions };
    if (isAddition) module.additions.push(declaration);
    else for (const name of names) module.declared.set(name, [...(module.declared.get(name) ?? []), declaration]);
    return isAddition ? [] : names;
  }

  function textOf(node: SyntaxNode): string {
    const inside = comments.filter((comment) => comment.start >= node.start && comment.end <= node.end);
    const text = inside.reduceRight(
      (rest, { start, end }) => {
        return rest.slice(0, start - node.start) + rest.slice(end - node.start);
      },
      source.slice(node.start, node.end),
    );
    return text.replace(/[ \t]+$/gm, '').replace(/\n{2,}/g, '\n');
  }
}

const partsOf = (node: SyntaxNode, key: string): readonly SyntaxNode[] => (node[key] ?? []) as readonly SyntaxNode[];
