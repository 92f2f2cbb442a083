import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { faults } from './faults.ts';
import { type Probe, probe } from './probe.ts';

/** The columns of the table. */
const probes: Readonly<Record<string, Probe>> = {
  '`get().json()`: once': { face: 'ky', method: 'GET', lasts: 'once' },
  '`get().json()`: always': { face: 'ky', method: 'GET', lasts: 'always' },
  '`fetch()`: once': { face: 'fetch', method: 'GET', lasts: 'once' },
  '`fetch()`: always': { face: 'fetch', method: 'GET', lasts: 'always' },
  '`post().json()`': { face: 'ky', method: 'POST', lasts: 'always' },
  '`fetch()` by POST': { face: 'fetch', method: 'POST', lasts: 'always' },
  '`post().json()` with a key: once': { face: 'ky', method: 'POST', lasts: 'once', keyed: true },
};
const page = join(import.meta.dirname, '../../docs/hostile-network.md');
const rows = new Map<string, readonly string[]>();
const openHandles = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
let handlesBefore: number;

beforeAll(() => {
  handlesBefore = openHandles();
});

describe.concurrent('each call ends by its answer or by an error, in time, and leaves nothing behind:', () => {
  for (const one of faults) {
    test(one.name, { timeout: 120_000 }, async ({ expect }) => {
      const told = Object.entries(probes).map(async ([title, how]) => {
        // The server behind the proxy speaks no TLS, and a GET uploads nothing.
        const isMeant = !(one.origin && how.lasts === 'once') && !(one.uploads && how.method === 'GET');
        return isMeant ? { title, ...(await probe(one, how)) } : { title, outcome: '–', problems: [] };
      });
      const all = await Promise.all(told);
      for (const { title, problems } of all) expect.soft(problems, title).toEqual([]);
      rows.set(
        one.name,
        all.map(({ outcome }) => outcome),
      );
    });
  }
});

test('no socket and no server is left', async () => {
  await expect.poll(openHandles, { timeout: 20_000 }).toBe(handlesBefore);
});

test('the docs have the result of each fault', async () => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const titles = ['fault', ...Object.keys(probes)];
  const table = [titles, titles.map(() => '---'), ...faults.map(({ name }) => [name, ...(rows.get(name) ?? [])])];
  const text = table.map(line).join('');
  console.log(text);
  const [prose] = readFileSync(page, 'utf8').split(/^\| fault/m);
  await expect(`${prose}${text}`).toMatchFileSnapshot(page);
});
