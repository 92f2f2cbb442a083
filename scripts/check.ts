// `npm test` and `npm run test:long`: runs the checks, several at a time. `npm test -- lint soak` runs only the named
// checks, short or long, and the checks that they need.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, checks } from './checks.ts';
import { pool } from './lib/pool.ts';
import { createProgress, type Verdict } from './lib/progress.ts';
import { root, run, skipped } from './lib/run.ts';

const inCi = Boolean(process.env['CI']);
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const knownFlags = ['--long', ...new Set(checks.flatMap((check) => check.flags ?? []))];
const unknown = [
  ...named.filter((name) => !checks.some((check) => check.name === name)),
  ...flags.filter((flag) => !knownFlags.includes(flag)),
];
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}`);
  console.error(`The checks are: ${checks.map(nameOf).join(', ')}. The flags are: ${knownFlags.join(', ')}.`);
  process.exit(1);
}

const isLong = flags.includes('--long');
const wanted = named.length > 0 ? named : checks.filter((check) => Boolean(check.isLong) === isLong).map(nameOf);
const chosen = checks.filter((check) => wanted.some((name) => isNeededBy(check.name, name)));
const logFolder = join(root, '.cache/checks');
mkdirSync(logFolder, { recursive: true });

const progress = createProgress(process.stdout, chosen.length, inCi);
// Short checks spend half of their time waiting for processes and sockets. Long checks measure, so fewer of them run at
// once.
const place = pool(isLong ? 2 : 3);
const verdicts = new Map<string, Promise<Verdict>>();
for (const check of chosen) verdicts.set(check.name, judge(check));
const all = await Promise.all(verdicts.values());
const count = (verdict: Verdict): number => all.filter((each) => each === verdict).length;
progress.close();
console.log(`\n${count('ok')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') > 0 ? 1 : 0;

function nameOf(check: Check): string {
  return check.name;
}

function isNeededBy(name: string, other: string): boolean {
  const needs = checks.find((check) => check.name === other)?.needs ?? [];
  return name === other || needs.some((need) => isNeededBy(name, need));
}

async function judge(check: Check): Promise<Verdict> {
  for (const need of check.needs ?? []) {
    const isOk = (await verdicts.get(need)) === 'ok';
    if (!isOk) return progress.ended(check, 'failed', `It needs "${need}", which is not ok.\n`);
  }
  for (const other of check.after ?? []) await verdicts.get(other);
  const hindrance = check.hindrance?.();
  if (hindrance !== undefined) return progress.ended(check, inCi ? 'failed' : 'skipped', `${hindrance}\n`);
  const leave = await place(checks.indexOf(check));
  progress.started(check);
  try {
    const { verdict, output } = await runAll(check);
    writeFileSync(join(logFolder, `${check.name}.log`), output);
    return progress.ended(check, verdict, verdict === 'ok' && !check.reports ? '' : output);
  } finally {
    leave();
  }
}

/** Runs a check's commands until one fails. */
async function runAll(check: Check): Promise<{ readonly verdict: Verdict; readonly output: string }> {
  const args = check.flags?.filter((flag) => flags.includes(flag)) ?? [];
  let report = '';
  for (const command of check.commands()) {
    const { ok, code, output } = await run([...command, ...args], {
      env: check.env ?? {},
      ...(check.limitMs !== undefined && { limitMs: check.limitMs }),
    });
    report += output;
    if (!ok) return { verdict: code === skipped ? 'skipped' : 'failed', output: report };
  }
  return { verdict: 'ok', output: report };
}
