// `npm run simulate`: simulates calls under overload by several rules, in virtual time. `-- --scenario S1,S7` runs some
// of the scenarios (or `held-out`), `--seed 7` uses another seed, `--policy file` adds a rule of your own: the module's
// default export is passed to createResilientClient(). With a policy, or with `--charts folder`, a chart of each scenario
// is written to the folder as SVG. `--write` rewrites the project's own tables and charts. `--batches` simulates only
// ordinary work: closed batches of calls through a short trouble; with `--write` it rewrites their table.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeText } from '../lib/write.ts';
import { batchTable, writeBatchTable } from './batches.ts';
import { writeDefaultsTables } from './defaults-tables.ts';
import { figuresOf } from './figures.ts';
import { heldOut } from './held-out.ts';
import { describe, drawing, type ScenarioResults, writeTables } from './report.ts';
import { ruleIn } from './rules/file.ts';
import { rules } from './rules/rules.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { timelineOf } from './timeline.ts';
import { type Rule, simulate } from './world.ts';

const options = {
  scenario: { type: 'string' },
  seed: { type: 'string', default: '1' },
  policy: { type: 'string' },
  charts: { type: 'string' },
  batches: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
} as const;
const all = [...scenarios, ...heldOut];
/** The scenarios whose charts the docs show. */
const shown = ['S1', 'S3', 'S6', 'S7'];

try {
  await main();
} catch (error) {
  console.error(`simulate: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new Error(`--seed must be an integer, got ${values.seed}`);
  if (values.write && values.policy !== undefined)
    throw new Error('--write is for the rules as they are; leave --policy out');
  if (values.batches) {
    const batches = await batchTable(seed);
    console.log(batches);
    if (values.write) writeBatchTable(batches);
    return;
  }
  const chosen = values.write ? all : scenariosOf(values.scenario);
  const yours = values.policy === undefined ? [] : [await ruleIn(values.policy)];
  const folder = values.charts ?? (yours.length > 0 ? 'simulation-charts' : undefined);

  const results: ScenarioResults[] = [];
  for (const scenario of chosen) {
    const one = await resultsOf(scenario, [...rules, ...yours], seed);
    results.push(one);
    console.log(describe(one));
    if (folder !== undefined) console.log(`  chart: ${writeChart(folder, one)}`);
  }
  if (!values.write) return;
  writeTables(results, seed);
  writeDefaultsTables(results);
  for (const one of results.filter(({ scenario }) => shown.includes(scenario.name))) {
    writeText(`docs/performance/overload-${one.scenario.name}.svg`, drawing(one));
  }
}

async function resultsOf(scenario: Scenario, by: readonly Rule[], seed: number): Promise<ScenarioResults> {
  const results: ScenarioResults['results'][number][] = [];
  for (const rule of by) {
    const run = await simulate(scenario, rule, seed);
    results.push({ figures: figuresOf(run), timeline: timelineOf(rule.name, run, scenario) });
  }
  return { scenario, results };
}

function scenariosOf(names: string | undefined): readonly Scenario[] {
  if (names === undefined) return scenarios;
  if (names === 'held-out') return heldOut;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found) return found;
    throw new Error(`--scenario ${name} must be held-out, or some of ${all.map((one) => one.name).join(', ')}`);
  });
}

function writeChart(folder: string, one: ScenarioResults): string {
  mkdirSync(resolve(folder), { recursive: true });
  const file = join(folder, `${one.scenario.name}.svg`);
  writeFileSync(file, drawing(one));
  return file;
}
