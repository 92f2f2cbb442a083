// Reads from a package's built declaration files what an entry exports, and which types those exports mention.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Declaration, type Module, readModule, type Target } from './declaration-file.ts';

/** What a name finally refers to: declarations of this package, or a name in another package. */
type Found = readonly Declaration[] | Target;

/** The texts of the exported declarations, and of the declarations that those depend on, in a fixed order. */
export function publicDeclarations(entry: string): { exported: readonly string[]; leanedOn: readonly string[] } {
  const modules = new Map<string, Module>();
  const start = open(entry);
  const taken = new Set<Declaration>();

  const exported = [...namesOf(start)].map(describe);
  exported.push(...start.stars.filter((from) => !isRelative(from)).map((from) => `export * from '${from}';`));
  exported.push(...[...modules.values()].flatMap(({ additions }) => additions.map(take)));

  const leanedOn: string[] = [];
  for (const declaration of taken) {
    for (const name of declaration.mentions) {
      const found = findLocal(open(declaration.file), name);
      if (Array.isArray(found)) leanedOn.push(...found.filter((each) => !taken.has(each)).map(take));
    }
  }
  return { exported: exported.sort(), leanedOn: leanedOn.sort() };

  function open(file: string): Module {
    const module = modules.get(file) ?? readModule(file, readFileSync(file, 'utf8'));
    modules.set(file, module);
    return module;
  }

  function namesOf(module: Module): Set<string> {
    const inner = module.stars.filter(isRelative).flatMap((from) => [...namesOf(follow(module, from))]);
    for (const from of module.relatives) follow(module, from);
    return new Set([...module.exported.keys(), ...inner]);
  }

  function describe(publicName: string): string {
    const found = findExport(start, publicName);
    if (found === undefined) throw new Error(`${entry}: nothing found for ${publicName}`);
    if (!isDeclared(found)) return `export { ${renamed(found.name, publicName)} } from '${found.from}';`;
    const text = found.map(take).join('\n');
    const name = found[0]?.name ?? publicName;
    return name === publicName ? text.replace(/^/, 'export ') : `${text}\nexport { ${renamed(name, publicName)} };`;
  }

  function take(declaration: Declaration): string {
    taken.add(declaration);
    return declaration.text;
  }

  function findExport(module: Module, name: string): Found | undefined {
    const target = module.exported.get(name);
    if (target) return target.from === undefined ? findLocal(module, target.name) : findAway(module, target);
    const star = module.stars.filter(isRelative).find((from) => namesOf(follow(module, from)).has(name));
    return star === undefined ? undefined : findExport(follow(module, star), name);
  }

  function findLocal(module: Module, name: string): Found | undefined {
    const target = module.imported.get(name);
    return target ? findAway(module, target) : module.declared.get(name);
  }

  function findAway(module: Module, target: Target): Found | undefined {
    return isRelative(target.from ?? '') ? findExport(follow(module, target.from ?? ''), target.name) : target;
  }

  /** Import paths in declaration files still end in `.ts`. */
  function follow(module: Module, from: string): Module {
    return open(join(module.file, '..', from.replace(/(\.d)?\.[jt]s$/, '.d.ts')));
  }
}

const isRelative = (from: string): boolean => from.startsWith('.');
const isDeclared = (found: Found): found is readonly Declaration[] => Array.isArray(found);
const renamed = (name: string, publicName: string): string => (name === publicName ? name : `${name} as ${publicName}`);
