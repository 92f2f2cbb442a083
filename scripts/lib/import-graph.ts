// Which file imports which in the packages' source, type imports included, by file and by folder.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './run.ts';
import { nodesIn, parse, type SyntaxNode } from './syntax.ts';

/** A source file of a package. */
export interface SourceFile {
  /** From the repository's root. */
  readonly path: string;
  readonly package: string;
  /** The first folder below `src`; empty for a file that stands in `src` itself. */
  readonly folder: string;
  readonly lines: number;
  /** Files of the same package. */
  readonly inner: readonly string[];
  /** Names of packages, as they are written. */
  readonly outer: readonly string[];
}

export type Graph = ReadonlyMap<string, readonly string[]>;

/** The source files of all packages, without tests. */
export function readSources(): readonly SourceFile[] {
  return globSync('packages/*/src/**/*.ts', { cwd: root })
    .filter((path) => !/\.(test|test-d|test-support|vectors)\.ts$/.test(path))
    .sort()
    .map(readSource);
}

function readSource(path: string): SourceFile {
  const source = readFileSync(join(root, path), 'utf8');
  const [, name = '', , ...rest] = path.split('/');
  const targets = new Set([...nodesIn(parse(path, source).statements)].flatMap(targetOf));
  const inner = [...targets].flatMap((target) => {
    if (target.startsWith('.')) return [normalize(join(dirname(path), target))];
    return target.startsWith('#') ? sourcesOf(name, target) : [];
  });
  return {
    path,
    package: name,
    folder: rest.length > 1 ? String(rest[0]) : '',
    lines: source.split('\n').length - 1,
    inner,
    outer: [...targets].filter((target) => !/^[.#]/.test(target)),
  };
}

/** Imports, exports from elsewhere, `import()` in code and in types: each has a source. */
function targetOf(node: SyntaxNode): readonly string[] {
  const source = node['source'] as { readonly value?: unknown } | null | undefined;
  return typeof source?.value === 'string' ? [source.value] : [];
}

/** The files behind one of a package's own `imports`, under whatever condition. */
function sourcesOf(name: string, target: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
    readonly imports?: Readonly<Record<string, unknown>>;
  };
  const files = JSON.stringify(manifest.imports?.[target] ?? '').match(/\.\/src\/[^"]+/g) ?? [];
  return files.map((file) => normalize(join('packages', name, file)));
}

/** The files' imports of one another. */
export function fileGraph(sources: readonly SourceFile[]): Graph {
  return new Map(sources.map(({ path, inner }) => [path, inner]));
}

/**
 * One package's folders: those below `src`, and each file that stands in `src` itself as a place of its own. A folder's
 * files that import one another are no arrow.
 */
export function folderGraph(sources: readonly SourceFile[]): Graph {
  const placeOf = new Map(sources.map((source) => [source.path, placeNameOf(source)]));
  const graph = new Map<string, Set<string>>();
  for (const source of sources) {
    const from = placeNameOf(source);
    const to = graph.get(from) ?? new Set();
    graph.set(from, to);
    for (const target of source.inner) {
      const place = placeOf.get(target);
      if (place !== undefined && place !== from) to.add(place);
    }
  }
  return new Map([...graph].map(([from, to]) => [from, [...to].sort()]));
}

function placeNameOf({ path, folder }: SourceFile): string {
  return folder === '' ? path.slice(path.lastIndexOf('/') + 1) : `${folder}/`;
}

/** The circles: groups of places that can each be reached from each other one. */
export function circlesIn(graph: Graph): readonly (readonly string[])[] {
  const indexOf = new Map<string, number>();
  const lowOf = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (place: string): number => {
    let low = indexOf.size;
    const index = low;
    indexOf.set(place, index);
    open.push(place);
    for (const next of graph.get(place) ?? []) {
      if (!graph.has(next)) continue;
      if (!indexOf.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, lowOf.get(next) ?? indexOf.get(next) ?? low);
    }
    lowOf.set(place, low);
    if (low === index) {
      const circle = open.splice(open.indexOf(place));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return low;
  };
  for (const place of graph.keys()) if (!indexOf.has(place)) visit(place);
  return circles;
}

/** A place stands one floor above the highest one that it imports; floor 1 imports nothing. For a graph without circles. */
export function floorsOf(graph: Graph): ReadonlyMap<string, number> {
  const floors = new Map<string, number>();
  const floorOf = (place: string): number => {
    const known = floors.get(place);
    if (known !== undefined) return known;
    // Where there is a circle all the same, it ends here.
    floors.set(place, 0);
    const below = (graph.get(place) ?? []).filter((next) => graph.has(next)).map(floorOf);
    const floor = Math.max(0, ...below) + 1;
    floors.set(place, floor);
    return floor;
  };
  for (const place of graph.keys()) floorOf(place);
  return floors;
}
