import { barChart } from '../lib/chart.ts';
import { machineFacts } from '../lib/machine-facts.ts';
import { readText, table, writeBlock, writeText } from '../lib/write.ts';
import { contenders } from './contenders.ts';
import { type Effort, measureRings, measureScenarios, nameOf, type Results, scenarios, takesPart } from './measure.ts';
import { type Memory, measureMemory } from './memory.ts';
import { callsPerSecondShare, cpuShare, sharesTable } from './shares.ts';
import { targets } from './targets.ts';

/** All measurements. They are committed, so that the next run can be compared with them. */
export interface Overhead {
  readonly machine: string;
  readonly scenarios: Readonly<Record<string, Results>>;
  readonly rings: Results;
  readonly memory: Readonly<Record<string, Memory>>;
}

const whole: Effort = { rounds: 11, roundMs: 50, warmUpCalls: 40_000, warmUpMs: 8_000 };
const quick: Effort = { rounds: 5, roundMs: 30, warmUpCalls: 40_000, warmUpMs: 5_000 };

const page = 'docs/performance.md';
const committedFile = 'benchmarks/results/overhead.json';

export async function overhead(isQuick: boolean): Promise<Overhead> {
  const effort = isQuick ? quick : whole;
  return {
    machine: machineFacts(),
    scenarios: await measureScenarios(effort, isQuick ? scenarios.filter(isInShort) : scenarios),
    rings: await measureRings({ ...effort, rounds: effort.rounds * 2 }),
    memory: await measureMemory(isQuick ? 2 : 5),
  };
}

function isInShort({ call, concurrency }: { call: string; concurrency: number }): boolean {
  return call === 'get' && concurrency < 1000;
}

/** The results as Markdown. */
export function describeOverhead(results: Overhead): string {
  const parts = Object.entries(results.scenarios).map(([name, figures]) => `## ${name}\n\n${scenarioTable(figures)}`);
  return [
    '# Overhead',
    `Measured ${results.machine}. Rewritten by \`npm run bench -- overhead --write\`; what the figures mean: [docs/performance.md](../../docs/performance.md).`,
    ...parts,
    `## Each ring alone\n\n${ringTable(results.rings)}`,
    `## Memory\n\n${memoryTable(results.memory)}`,
    `## Targets\n\n${targetTable(results)}`,
    '',
  ].join('\n\n');
}

export function writeOverhead(results: Overhead): void {
  writeText(committedFile, `${JSON.stringify(results, rounded, 2)}\n`);
  writeText('benchmarks/results/overhead.md', describeOverhead(results));
  const chart = (file: string, title: string, scenario: string): void => {
    const figures = Object.entries(results.scenarios[scenario] ?? {}).filter(([name]) => name !== 'fetch');
    const bars = figures.map(([name, { cpuRatio }]) => ({ name, value: cpuRatio }));
    writeText(`docs/performance/${file}.svg`, barChart(title, bars, '×'));
  };
  const [stub, loopback] = [at('stub'), at('loopback')];
  chart('stub', 'CPU time per call ÷ bare fetch, with a stub for a network', stub);
  chart('loopback', 'CPU time per call ÷ bare fetch, over loopback, 50 at once', loopback);
  const memory = Object.entries(results.memory).map(([name, { allocated }]) => ({ name, value: allocated / 1024 }));
  writeText('docs/performance/memory.svg', barChart('Allocated per call', memory, ' KiB'));
  writeBlock(page, 'machine', `Measured ${results.machine}.`);
  writeBlock(page, 'targets', targetTable(results));
  writeBlock(page, 'rings', ringTable(results.rings));
  writeShares(results.scenarios);
}

/** Writes what a client gains by going straight to undici. */
function writeShares(scenarios: Overhead['scenarios']): void {
  writeBlock(page, 'cpu-shares', sharesTable(scenarios, cpuShare));
  writeBlock(page, 'rate-shares', sharesTable(scenarios, callsPerSecondShare));
  writeBlock('docs/undici.md', 'cpu-shares', sharesTable(scenarios, cpuShare));
}

function at(target: 'stub' | 'loopback'): string {
  return nameOf({ target, call: 'get', concurrency: target === 'stub' ? 1 : 50 });
}

/** How often the guard measures again while a figure is too high. */
const mostTurns = 8;

/**
 * Compares Holdfast with the committed figures. Fails only if a ratio is much too high in each of several measurements,
 * because noise must not fail a build, and code that really costs twice as much does so even in its best measurement.
 */
export async function guard(): Promise<readonly string[]> {
  const committed = JSON.parse(readText(committedFile)) as Overhead;
  const short = scenarios.filter(
    ({ target, call, concurrency }) => call === 'get' && concurrency === (target === 'stub' ? 1 : 50),
  );
  const cells = short.flatMap((scenario) =>
    contenders
      .filter((one) => one.name.startsWith('Holdfast') && takesPart(one, scenario.target))
      .map(({ name }) => {
        const was = committed.scenarios[nameOf(scenario)]?.[name]?.cpuRatio;
        return { scenario: nameOf(scenario), name, was, least: Number.POSITIVE_INFINITY };
      }),
  );
  const known = cells.filter(({ was }) => was !== undefined);
  const isGross = ({ was, least }: (typeof cells)[number]): boolean => !(least <= 2 * (was ?? Number.NaN));
  for (let turn = 0; turn < mostTurns && known.some(isGross); turn++) {
    const now = await measureScenarios(quick, short, ['fetch', ...known.map(({ name }) => name)]);
    for (const cell of known)
      cell.least = Math.min(cell.least, now[cell.scenario]?.[cell.name]?.cpuRatio ?? Number.POSITIVE_INFINITY);
  }
  for (const { scenario, name, was, least } of cells) {
    console.log(
      was === undefined
        ? `${scenario}: ${name} has no committed figure yet; npm run bench -- overhead --write`
        : `${scenario}: ${name} takes ${least.toFixed(2)} times a bare fetch's CPU time; it was ${was.toFixed(2)}`,
    );
  }
  return known.filter(isGross).map(({ scenario, name }) => `${scenario}: ${name} takes more than twice what it took`);
}

function scenarioTable(results: Results): string {
  const rows = Object.entries(results).map(([name, { cpuUs, cpuRatio, wallUs, wallRatio }]) => [
    name,
    `${cpuRatio.toFixed(2)}×`,
    cpuUs.toFixed(1),
    `${wallRatio.toFixed(2)}×`,
    wallUs.toFixed(1),
    Math.round(1e6 / wallUs).toLocaleString('en'),
  ]);
  return table(['', 'CPU ÷ fetch', 'CPU µs per call', 'wall ÷ fetch', 'wall µs per call', 'calls per second'], rows);
}

function ringTable(rings: Results): string {
  const base = rings['transport alone']?.cpuUs ?? Number.NaN;
  const rows = Object.entries(rings).map(([name, { cpuUs }]) => [
    name,
    name.startsWith('decide') ? cpuUs.toFixed(2) : name === 'transport alone' ? cpuUs.toFixed(1) : signed(cpuUs - base),
  ]);
  return table(['', 'CPU µs per call'], rows);
}

/** A difference with its sign; what is rounded to zero has none. */
function signed(difference: number): string {
  const rounded = Number(difference.toFixed(1));
  return `${rounded > 0 ? '+' : ''}${rounded === 0 ? '0.0' : rounded.toFixed(1)}`;
}

function memoryTable(memory: Overhead['memory']): string {
  const rows = Object.entries(memory).map(([name, { allocated, retained }]) => [
    name,
    (allocated / 1024).toFixed(1),
    Math.max(0, Math.round(retained)).toString(),
  ]);
  return table(['', 'allocated, KiB per call', 'retained, bytes per finished call'], rows);
}

function targetTable(results: Overhead): string {
  const rows = targets(results).map(({ what, target, measured, isMet }) => [
    what,
    target,
    measured,
    isMet ? 'met' : '**not met**',
  ]);
  return table(['what', 'target', 'measured', ''], rows);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
