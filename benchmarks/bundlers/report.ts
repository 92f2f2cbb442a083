import { table, writeBlock } from '../lib/write.ts';
import type { FirstLoad } from './bundlers.ts';

export function describeBundlers(results: readonly FirstLoad[]): string {
  const names = [...new Set(results.map(({ bundler }) => bundler))];
  const cell = (bundler: string, entry: string, splits: boolean): string => {
    const found = results.find((one) => one.bundler === bundler && one.entry === entry && one.splits === splits);
    return found === undefined ? '' : (found.firstBytes / 1000).toFixed(1);
  };
  const rows = names.map((bundler) => [
    bundler,
    ...['holdfast', 'holdfast/parts'].flatMap((entry) => [true, false].map((splits) => cell(bundler, entry, splits))),
    String(results.filter((one) => one.bundler === bundler).flatMap(({ warnings }) => warnings).length),
  ]);
  const head = ['', '`holdfast`', 'in one file', '`holdfast/parts`: retries, deadlines', 'in one file', 'warnings'];
  return table(head, rows);
}

export function writeBundlers(results: readonly FirstLoad[]): void {
  writeBlock('docs/performance.md', 'bundlers', describeBundlers(results));
}
