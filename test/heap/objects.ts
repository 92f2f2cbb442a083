import { json } from 'node:stream/consumers';
import { getHeapSnapshot } from 'node:v8';

/** How many objects of each class are on the heap: objects by constructor, closures by name, and so on. */
export type ObjectCounts = ReadonlyMap<string, number>;

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly (readonly string[])[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Objects that the engine makes for itself. A compiler may make more of them at any moment. */
const enginesOwn: ReadonlySet<string> = new Set(['hidden', 'code', 'synthetic', 'object shape', 'bigint', 'number']);
/** Uses one string for each label. Otherwise the counts themselves would grow on the heap. */
const labels = new Map<string, string>();
const collect = (globalThis as unknown as { gc?: () => void }).gc;

/** Collects all garbage. Finalizers run in separate turns. */
async function collectGarbage(): Promise<void> {
  if (!collect) throw new Error('run with --expose-gc');
  for (let round = 0; round < 5; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Counts what is on the heap after all garbage is collected. */
export async function countObjects(): Promise<ObjectCounts> {
  await collectGarbage();
  const { snapshot, nodes, strings } = (await json(getHeapSnapshot())) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [kindAt, nameAt] = [fields.indexOf('type'), fields.indexOf('name')];
  const kinds = types[kindAt] ?? [];
  const counts = new Map<string, number>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kinds[nodes[at + kindAt] ?? 0] ?? '';
    if (enginesOwn.has(kind)) continue;
    const label = /string/.test(kind) ? 'string' : `${kind} ${strings[nodes[at + nameAt] ?? 0]}`.trim();
    const one = labels.get(label) ?? label;
    labels.set(one, one);
    counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return counts;
}

/** The counts after a number of calls. */
export interface CountedAfter {
  readonly calls: number;
  readonly counts: ObjectCounts;
}

/**
 * The classes that grow from each count to the next, by at least `share` per call between the counts and by at least
 * `atLeast` objects, such as `array 1.0 per call`. A pool or a cache grows once; a leak grows always.
 */
export function leaksBetween(samples: readonly CountedAfter[], share = 0.05, atLeast = 200): readonly string[] {
  const steps = samples.slice(1).map((sample, index) => ({ from: samples[index] as CountedAfter, to: sample }));
  return [...(samples.at(-1)?.counts.keys() ?? [])].flatMap((label) => {
    const rates = steps.map(({ from, to }) => {
      const grown = (to.counts.get(label) ?? 0) - (from.counts.get(label) ?? 0);
      return grown < atLeast ? 0 : grown / (to.calls - from.calls);
    });
    const slowest = Math.min(...rates);
    return slowest >= share ? [`${label}: ${slowest.toFixed(2)} per call`] : [];
  });
}
