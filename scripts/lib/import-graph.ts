// Reads which file imports which in the packages' source, type imports included, by file and by folder.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './run.ts';
import { nodesIn, parse, type SyntaxNode } from './syntax.ts';

/** A source file of a package. */
export interface SourceFile {
  /** The path, relative to the repository. */
  readonly path: string;
  readonly package: string;
  /** The first folder below `src`; empty for a file directly in `src`. */
  readonly folder: string;
  readonly lines: number;
  /** The imported files of the same package. */
  readonly inner: readonly string[];
  /** The imported packages, as the import names them. */
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

/** The nodes that have a source: imports, exports from elsewhere, `import()` in code and in types. */
function targetOf(node: SyntaxNode): readonly string[] {
  const source = node['source'] as { readonly value?: unknown } | null | undefined;
  return typeof source?.value === 'string' ? [source.value] : [];
}

/** The files behind one entry of a package's `imports`, under any condition. */
function sourcesOf(name: string, target: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
    readonly imports?: Readonly<Record<string, unknown>>;
  };
  const files = JSON.stringify(manifest.imports?.[target] ?? '').match(/\.\/src\/[^"]+/g) ?? [];
  return files.map((file) => normalize(join('packages', name, file)));
}

/** Which file imports which, within a package. */
export function fileGraph(sources: readonly SourceFile[]): Graph {
  return new Map(sources.map(({ path, inner }) => [path, inner]));
}

/**
 * The folders of one package as a graph. Each folder below `src` is a place; so is each file directly in `src`. Imports
 * between files of one folder make no arrow.
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

/** The circles: groups of places in which each can be reached from each other one. */
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

/** The floor of each place: one above the highest floor that it imports. A place that imports nothing is on floor 1. */
export function floorsOf(graph: Graph): ReadonlyMap<string, number> {
  const floors = new Map<string, number>();
  const floorOf = (place: string): number => {
    const known = floors.get(place);
    if (known !== undefined) return known;
    // In a graph with a circle, this ends the recursion.
    floors.set(place, 0);
    const below = (graph.get(place) ?? []).filter((next) => graph.has(next)).map(floorOf);
    const floor = Math.max(0, ...below) + 1;
    floors.set(place, floor);
    return floor;
  };
  for (const place of graph.keys()) floorOf(place);
  return floors;
}
