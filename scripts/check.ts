// `npm test`: every check, two at a time, a line for each. `npm test -- lint unit` runs only those that are named, and
// what they need.

import { type Check, checks } from './checks.ts';
import { pool } from './lib/pool.ts';
import { run } from './lib/run.ts';

type Verdict = 'ok' | 'failed' | 'skipped';

const inCi = Boolean(process.env['CI']);
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = named.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(', ')}. There are: ${checks.map((check) => check.name).join(', ')}`);
  process.exit(1);
}

const place = pool(2);
const verdicts = new Map<string, Promise<Verdict>>();
for (const check of checks) {
  if (named.length === 0 || named.some((name) => isNeededBy(check.name, name))) verdicts.set(check.name, judge(check));
}
const all = await Promise.all(verdicts.values());
const count = (verdict: Verdict): number => all.filter((each) => each === verdict).length;
console.log(`\n${count('ok')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') > 0 ? 1 : 0;

function isNeededBy(name: string, other: string): boolean {
  const needs = checks.find((check) => check.name === other)?.needs ?? [];
  return name === other || needs.some((need) => isNeededBy(name, need));
}

async function judge(check: Check): Promise<Verdict> {
  for (const need of check.needs ?? []) {
    if ((await verdicts.get(need)) !== 'ok') return say(check, 'failed', 0, `It needs "${need}", which is not ok.\n`);
  }
  const hindrance = check.hindrance?.();
  if (hindrance !== undefined) return say(check, inCi ? 'failed' : 'skipped', 0, `${hindrance}\n`);
  const leave = await place(checks.indexOf(check));
  const start = performance.now();
  try {
    let report = '';
    for (const command of check.commands()) {
      const args = check.flags?.filter((flag) => flags.includes(flag)) ?? [];
      const { ok, output } = await run([...command, ...args], {
        env: check.env ?? {},
        ...(check.limitMs !== undefined && { limitMs: check.limitMs }),
      });
      if (!ok) return say(check, 'failed', performance.now() - start, output);
      report += output;
    }
    return say(check, 'ok', performance.now() - start, check.reports ? report : '');
  } finally {
    leave();
  }
}

function say(check: Check, verdict: Verdict, ms: number, output = ''): Verdict {
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  console.log(`${verdict.padEnd(8)}${check.name.padEnd(10)}${seconds.padStart(7)}  ${check.about}`);
  if (output !== '') console.log(output.replace(/^/gm, '    | '));
  return verdict;
}
