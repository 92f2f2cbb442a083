import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
// @ts-expect-error The package has no types.
import preset from '@size-limit/preset-small-lib';
import sizeLimit from 'size-limit';
import { median } from '../lib/median.ts';

/** What a user of each contender imports. */
const imports: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'undici.request': { undici: '{ request }' },
  ofetch: { ofetch: '{ ofetch }' },
  wretch: { wretch: 'default' },
  'cockatiel + fetch': {
    cockatiel: '{ wrap, retry, circuitBreaker, bulkhead, timeout, handleAll, ConsecutiveBreaker }',
  },
  'make-fetch-happen': { 'make-fetch-happen': 'default' },
  got: { got: 'default' },
  'axios + axios-retry': { axios: 'default', 'axios-retry': 'default' },
  ky: { ky: 'default' },
  'ky + Bottleneck + opossum + p-retry': {
    ky: 'default',
    bottleneck: 'default',
    opossum: 'default',
    'p-retry': 'default',
  },
  Holdfast: { holdfast: '{ createResilientClient }' },
};

/** What a page imports instead, because the package's main entry needs Node. */
const inPages: Readonly<Record<string, string>> = {
  bottleneck: 'bottleneck/light.js',
  opossum: 'opossum/dist/opossum.min.js',
};

/** These need Node's own modules, so no page can load them. */
const nodeOnly: ReadonlySet<string> = new Set(['undici.request', 'make-fetch-happen', 'got']);

export interface StartUp {
  /** What a page loads at first, minified and gzipped; absent for a library that needs Node. */
  readonly bytes?: number;
  /** The same, with all parts that may be loaded later. */
  readonly allBytes?: number;
  /** Wall time and CPU time of the import in a fresh process. */
  readonly importMs: number;
  readonly importCpuMs: number;
}

/**
 * Measures sizes with size-limit, as a page's bundler builds them, and import times in fresh processes that take turns.
 */
export async function measureStartUp(rounds: number): Promise<Record<string, StartUp>> {
  const times = new Map<string, { readonly wallMs: number; readonly cpuMs: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, modules] of Object.entries(imports)) {
      times.set(name, [...(times.get(name) ?? []), await importTime(Object.keys(modules))]);
    }
  }
  const results: Record<string, StartUp> = {};
  for (const [name, modules] of Object.entries(imports)) {
    const taken = times.get(name) ?? [];
    const sizes = nodeOnly.has(name) ? undefined : await sizesOf(modules);
    results[name] = {
      ...sizes,
      importMs: median(taken.map(({ wallMs }) => wallMs)),
      importCpuMs: median(taken.map(({ cpuMs }) => cpuMs)),
    };
  }
  return results;
}

/**
 * The importing file lies in a folder of a package that depends on the library, so that the bundler resolves the
 * library's build for browsers.
 */
async function sizesOf(
  modules: Readonly<Record<string, string>>,
): Promise<Required<Pick<StartUp, 'bytes' | 'allBytes'>>> {
  const entry = join(import.meta.dirname, '../node_modules/.cache/start-up/entry.js');
  mkdirSync(dirname(entry), { recursive: true });
  const lines = Object.entries(modules).map(([name, what], index) => exportOf(name, what, index));
  writeFileSync(entry, lines.join('\n'));
  const check = { files: [entry], gzip: true };
  return { bytes: await sizeOf({ ...check, entry: ['entry'] }), allBytes: await sizeOf(check) };
}

async function sizeOf(check: object): Promise<number> {
  const [result] = (await sizeLimit([preset], { checks: [check] })) as readonly { readonly size?: number }[];
  return result?.size ?? Number.NaN;
}

function exportOf(name: string, what: string, index: number): string {
  return `export ${what === 'default' ? `{ default as d${index} }` : what} from '${inPages[name] ?? name}';`;
}

async function importTime(modules: readonly string[]): Promise<{ readonly wallMs: number; readonly cpuMs: number }> {
  const code = `
    const cpu = process.cpuUsage(), start = performance.now();
    await Promise.all(${JSON.stringify(modules)}.map((name) => import(name)));
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ wallMs: performance.now() - start, cpuMs: (user + system) / 1000 }));`;
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  return JSON.parse(stdout) as { wallMs: number; cpuMs: number };
}
