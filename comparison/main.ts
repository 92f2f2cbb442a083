// Runs every probe against every contender. With `--update`, writes docs/comparison.md from the measurements. Without it,
// checks that the page would be written unchanged, and that Holdfast keeps all of the rules.

import { readFileSync, writeFileSync } from 'node:fs';
import { axiosWithRetry } from './contenders/axios.ts';
import { cockatielWithFetch } from './contenders/cockatiel.ts';
import { plainGot } from './contenders/got.ts';
import { holdfast } from './contenders/holdfast.ts';
import { plainKy } from './contenders/ky.ts';
import { cellText, pageFrom, type Row } from './page.ts';
import { type Cell, measure } from './probe.ts';
import { probes } from './probes/all.ts';

const contenders = [holdfast, plainKy, plainGot, axiosWithRetry, cockatielWithFetch];
const pageFile = new URL('../docs/comparison.md', import.meta.url);
const isUpdate = process.argv.includes('--update');
const page = isUpdate ? '' : readFileSync(pageFile, 'utf8');

const rows: Row[] = [];
for (const probe of probes) {
  const startedAt = performance.now();
  const before = page.split('\n').find((line) => line.startsWith(`| ${probe.title} `));
  const cells = await Promise.all(
    contenders.map(async (contender) => {
      let cell = await measure(probe, contender);
      for (let again = 0; again < 2 && isSurprising(cell, before); again++) cell = await measure(probe, contender);
      return cell;
    }),
  );
  rows.push({ probe, cells });
  const broken = probe.rule !== undefined && cells[0]?.good !== true;
  if (broken) fail(`Holdfast breaks rule ${probe.rule}: ${probe.title}: ${cells[0]?.fact}`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${seconds} s  ${probe.title}: ${cells.map(cellText).join(' | ')}`);
}

const written = pageFrom(contenders, rows);
if (isUpdate) writeFileSync(pageFile, written);
else if (written !== page)
  fail(`docs/comparison.md is not what was measured; write it: npm test -- comparison --update\n${difference()}`);

// Some probes still wait for an answer that is no longer needed.
process.exit();

/** True if a cell is not what the page says or, with `--update`, breaks its rule, which a busy machine may cause. */
function isSurprising(cell: Cell, before: string | undefined): boolean {
  return isUpdate ? cell.good === false : before?.includes(`| ${cellText(cell)} |`) !== true;
}

function difference(): string {
  const known = new Set(page.split('\n'));
  return written
    .split('\n')
    .filter((line) => !known.has(line))
    .join('\n');
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
