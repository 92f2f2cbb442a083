import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { streamFaults } from './stream-faults.ts';
import { streamProbe } from './stream-probe.ts';
import type { Kind } from './stream-server.ts';

/** The columns of the table. */
const columns: Readonly<Record<string, { readonly kind: Kind; readonly lasts: 'once' | 'always' }>> = {
  '`events()`: once': { kind: 'events', lasts: 'once' },
  '`events()`: always': { kind: 'events', lasts: 'always' },
  '`lines()`: once': { kind: 'lines', lasts: 'once' },
  '`lines()`: always': { kind: 'lines', lasts: 'always' },
  '`resumeBody`: once': { kind: 'download', lasts: 'once' },
  '`resumeBody`: always': { kind: 'download', lasts: 'always' },
};
const page = join(import.meta.dirname, '../../docs/streams.md');
const rows = new Map<string, readonly string[]>();

describe.concurrent('each item comes at most once and in order, and nothing is left behind:', () => {
  for (const one of streamFaults) {
    test(one.name, { timeout: 120_000 }, async ({ expect }) => {
      const cells = Object.entries(columns).map(async ([title, { kind, lasts }]) => {
        if (one.kinds && !one.kinds.includes(kind)) return '–';
        const [fetched, direct] = await Promise.all([
          streamProbe(one, { kind, lasts, through: 'fetch' }),
          streamProbe(one, { kind, lasts, through: 'undici' }),
        ]);
        expect.soft(fetched.problems, `${title}, over fetch`).toEqual([]);
        expect.soft(direct.problems, `${title}, over undici`).toEqual([]);
        return fetched.outcome === direct.outcome ? fetched.outcome : `${fetched.outcome}. undici: ${direct.outcome}`;
      });
      rows.set(one.name, await Promise.all(cells));
    });
  }
});

test('the docs have the result of each fault', async () => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const titles = ['fault', ...Object.keys(columns)];
  const table = [titles, titles.map(() => '---'), ...streamFaults.map(({ name }) => [name, ...(rows.get(name) ?? [])])];
  const text = table.map(line).join('');
  console.log(text);
  const mark = (name: string): string => `<!-- ${name} -->`;
  const [before, rest = ''] = readFileSync(page, 'utf8').split(mark('hostile:streams'));
  const [, after] = rest.split(mark('/hostile:streams'));
  const marked = `${mark('hostile:streams')}\n\n${text}\n${mark('/hostile:streams')}`;
  await expect(`${before}${marked}${after}`).toMatchFileSnapshot(page);
});
