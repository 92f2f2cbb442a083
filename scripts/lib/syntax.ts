import { parseSync } from 'oxc-parser';

/** A node of the syntax tree, with only the members that the checks need. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface Syntax {
  readonly statements: readonly SyntaxNode[];
  readonly comments: readonly { readonly start: number; readonly end: number }[];
}

/** Parses TypeScript. Throws if the file has a syntax error. */
export function parse(file: string, source: string): Syntax {
  const { program, comments, errors } = parseSync(file, source);
  if (errors[0]) throw new SyntaxError(`${file}: ${errors[0].message}`);
  return { statements: program.body as unknown as SyntaxNode[], comments };
}

/** A node and all its descendants. */
export function* nodesIn(value: unknown): Generator<SyntaxNode> {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && typeof value.type === 'string') yield value as SyntaxNode;
  for (const child of Object.values(value)) yield* nodesIn(child);
}

/** The name that an identifier or a string literal stands for. */
export function nameOf(node: unknown): string {
  const { name, value } = (node ?? {}) as { name?: string; value?: unknown };
  return name ?? String(value);
}
