// `npm run simulate`: what becomes of calls under overload, by each rule, in virtual time. `-- --scenario S1,S7` for some
// of the scenarios, `--seed 7` for other chance, `--policy file` for options of your own: a module whose default export
// is what createResilientClient() takes.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Figures, figuresOf } from './figures.ts';
import { heldOut } from './held-out.ts';
import * as breakers from './rules/breakers.ts';
import * as budgets from './rules/budgets.ts';
import * as clients from './rules/clients.ts';
import { holdfast, holdfastWith } from './rules/holdfast.ts';
import { oracle } from './rules/oracle.ts';
import { scenarios } from './scenarios.ts';
import { type Rule, simulate } from './world.ts';

const { values } = parseArgs({
  options: { scenario: { type: 'string' }, seed: { type: 'string', default: '1' }, policy: { type: 'string' } },
});
const heading = `  ${'rule'.padEnd(20)}answered during → after   attempts   95 % again   wasted   p99`;
const seed = Number(values.seed);
if (!Number.isInteger(seed)) throw new Error(`simulate: --seed must be an integer, got ${values.seed}`);

const all = [...scenarios, ...heldOut];
const chosen = values.scenario === undefined ? scenarios : values.scenario.split(',').map(scenarioOf);
const rules: readonly Rule[] = [
  ...[oracle, ...Object.values(clients), ...Object.values(budgets), ...Object.values(breakers), holdfast],
  ...(values.policy === undefined ? [] : [await ruleIn(values.policy)]),
];

for (const scenario of chosen) {
  console.log(`\n${scenario.name}: ${scenario.title} (${scenario.about})\n\n${heading}`);
  for (const rule of rules) console.log(row(rule.name, figuresOf(await simulate(scenario, rule, seed))));
}

function scenarioOf(name: string): (typeof all)[number] {
  const found = all.find((one) => one.name === name);
  if (found) return found;
  throw new Error(`simulate: --scenario ${name} must be one of ${all.map((one) => one.name).join(', ')}`);
}

async function ruleIn(file: string): Promise<Rule> {
  const { default: options } = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  if (typeof options === 'object' && options !== null) return holdfastWith('yours', file, options);
  throw new Error(`simulate: --policy ${file} must have a default export: options of createResilientClient()`);
}

function row(name: string, figures: Figures): string {
  const percent = (share: number): string => (100 * share).toFixed(1).padStart(6);
  const { answeredDuring, answeredAfter, attemptsPerCall, backMs, wasted, p99Ms } = figures;
  const back = backMs === undefined ? 'never' : `${(backMs / 1000).toFixed(1)} s`;
  return [
    `  ${name.padEnd(20)}${percent(answeredDuring)} % → ${percent(answeredAfter)} %`,
    `${attemptsPerCall.toFixed(2).padStart(6)}${back.padStart(9)}${percent(wasted)} %${String(Math.round(p99Ms)).padStart(7)} ms`,
  ].join('');
}
