// Makes docs/runtimes.md from the results of the jobs in scripts/runtimes. A job that did not run, or was skipped, leaves
// its row unchanged. `--update` writes the page.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/run.ts';
import type { Job, Result } from '../runtimes/job.ts';
import { jobs } from '../runtimes/jobs.ts';
import { runtimesFolder } from '../runtimes/project.ts';

const page = join(root, 'docs/runtimes.md');
const before = readFileSync(page, 'utf8');
const rows = jobs.map((job) => rowOf(job) ?? oldRow(job.title)).filter((row) => row !== undefined);
const table = ['| environment | versions | holds | does not hold |', '|---|---|---|---|', ...rows].join('\n');
const updated = before.replace(/\| environment \|[\s\S]*?(?=\n\n)/, () => table);
const missing = jobs.filter(({ name }) => !existsSync(join(runtimesFolder, `${name}.json`)));
if (missing.length > 0) console.log(`Not tried here: ${missing.map(({ name }) => name).join(', ')}`);
if (process.argv.includes('--update')) writeFileSync(page, updated);
else if (updated !== before) {
  const old = new Set(before.split('\n'));
  for (const row of updated.split('\n')) if (!old.has(row)) console.log(`now: ${row}`);
  console.log('docs/runtimes.md says something else. If it was meant to change: npm test -- runtimes --update');
  process.exitCode = 1;
}

function rowOf({ name }: Job): string | undefined {
  const file = join(runtimesFolder, `${name}.json`);
  if (!existsSync(file)) return undefined;
  const { title, versions, note, facts } = JSON.parse(readFileSync(file, 'utf8')) as Result;
  const claims = (isGood: boolean): string =>
    facts
      .filter((fact) => (fact.kind === 'holds' && fact.isAsExpected) === isGood)
      .map(({ claim }) => `• ${claim}`)
      .join('<br>');
  return `| **${title}**${note === undefined ? '' : `<br>${note}`} | ${versions.join('<br>')} | ${claims(true)} | ${claims(false)} |`;
}

function oldRow(title: string): string | undefined {
  return before.split('\n').find((line) => line.startsWith(`| **${title}**`));
}
