import { median } from '../lib/median.ts';
import { type Contender, contenders } from './contenders.ts';
import { baseline } from './rings.ts';
import type { Round } from './worker.ts';
import { startServer, startWorker, type Worker } from './workers.ts';

/**
 * How the overhead is measured. The speed of a shared machine varies, so the contenders take turns with short rounds, and
 * only rounds of the same turn are compared. The result is the median of all turns' ratios. CPU time is that of the
 * contender's whole process, garbage collection and compiler included.
 */
export interface Effort {
  readonly rounds: number;
  /** How much CPU time one round of a contender should take. */
  readonly roundMs: number;
  /**
   * Calls before the first round. The compiler needs about 30,000 calls, which a process that serves has made long ago.
   * With fewer calls, the figure would be the speed of an interpreter.
   */
  readonly warmUpCalls: number;
  /** The most wall time that a contender may take for these calls. */
  readonly warmUpMs: number;
}

export interface Scenario {
  readonly target: 'stub' | 'loopback';
  readonly call: 'get' | 'post';
  readonly concurrency: number;
}

/** One contender in one scenario: medians, and medians of the ratios to bare fetch. */
export interface Figures {
  readonly cpuUs: number;
  readonly cpuRatio: number;
  readonly wallUs: number;
  readonly wallRatio: number;
}

/** By contender. */
export type Results = Readonly<Record<string, Figures>>;

/** A worker that takes part in the turns, and the call that it makes. */
interface Entrant {
  readonly name: string;
  readonly worker: Worker;
  readonly call: string;
}

export const scenarios: readonly Scenario[] = (['stub', 'loopback'] as const).flatMap((target) =>
  (['get', 'post'] as const).flatMap((call) => [1, 50, 1000].map((concurrency) => ({ target, call, concurrency }))),
);

export function nameOf({ target, call, concurrency }: Scenario): string {
  return `${target}, ${call === 'get' ? 'GET' : 'POST 1 KiB'}, ${concurrency === 1 ? 'one at a time' : `${concurrency} at once`}`;
}

/** A contender with its own transport can't use a stub. */
export function takesPart({ usesFetch }: Contender, target: Scenario['target']): boolean {
  return usesFetch || target === 'loopback';
}

/** @param only The contenders that take part; bare fetch always does. */
export async function measureScenarios(
  effort: Effort,
  asked: readonly Scenario[] = scenarios,
  only?: readonly string[],
): Promise<Record<string, Results>> {
  const results: Record<string, Results> = {};
  for (const target of ['stub', 'loopback'] as const) {
    const ofTarget = asked.filter((scenario) => scenario.target === target);
    if (ofTarget.length === 0) continue;
    const server = target === 'loopback' ? await startServer() : undefined;
    const chosen = contenders.filter((one) => takesPart(one, target) && (only?.includes(one.name) ?? true));
    const workers = new Map<string, Worker>();
    for (const { name } of chosen) {
      const worker = startWorker();
      workers.set(name, worker);
      await worker.ask({ do: 'open', name, url: server?.url });
    }
    for (const scenario of ofTarget) {
      const entrants = [...workers].map(([name, worker]) => ({ name, worker, call: scenario.call }));
      const ofRound = target === 'stub' ? effort : { ...effort, roundMs: longer * effort.roundMs };
      results[nameOf(scenario)] = await takeTurns(entrants, scenario.concurrency, ofRound, 'fetch');
      console.error(`${nameOf(scenario)}: done`);
    }
    for (const worker of workers.values()) worker.end();
    server?.end();
  }
  return results;
}

/**
 * Slow contenders get longer rounds, because their rounds have fewer calls, and one garbage collection must not decide a
 * round.
 */
const longer = 3;

/** Measures each ring alone. All rings run in one process, because they differ less than two processes do. */
export async function measureRings(effort: Effort): Promise<Results> {
  const worker = startWorker();
  const names = await worker.ask<readonly string[]>({ do: 'open', name: 'rings', url: undefined });
  const entrants = names.map((name) => ({ name, worker, call: name }));
  const results = await takeTurns(entrants, 1, effort, baseline);
  worker.end();
  return results;
}

async function takeTurns(
  entrants: readonly Entrant[],
  concurrency: number,
  effort: Effort,
  base: string,
): Promise<Results> {
  const counts = new Map<Entrant, number>();
  for (const entrant of entrants) counts.set(entrant, await warmUp(entrant, concurrency, effort));
  const turns: Map<string, Round>[] = [];
  // Where rounds can't be short, there are fewer of them.
  const rounds = concurrency < 1000 ? effort.rounds : Math.ceil(effort.rounds / 3);
  for (let turn = 0; turn < rounds; turn++) {
    const ended = new Map<string, Round>();
    // The order changes, so that no contender always runs after the same other one.
    const from = turn % entrants.length;
    for (const entrant of [...entrants.slice(from), ...entrants.slice(0, from)]) {
      const { name, worker, call } = entrant;
      const calls = counts.get(entrant) ?? 1;
      ended.set(name, await worker.ask<Round>({ do: 'time', call, calls, concurrency }));
    }
    turns.push(ended);
  }
  return Object.fromEntries(entrants.map(({ name }) => [name, figuresOf(name, base, turns)]));
}

/** The kinds of calls for which each worker is already warm. */
const warm = new WeakMap<Worker, Set<string>>();

/** Warms up a worker until the compiler has done its work; returns how many calls make a round. */
async function warmUp({ worker, call }: Entrant, concurrency: number, effort: Effort): Promise<number> {
  // A thousand connections at once would overflow the server's queue of new connections.
  for (let ramp = 20; ramp < concurrency; ramp *= 4) {
    await worker.ask({ do: 'time', call, calls: ramp, concurrency: ramp });
  }
  const known = warm.get(worker) ?? new Set();
  warm.set(worker, known);
  // The first calls at each concurrency take longer.
  const wanted = known.has(call) ? effort.warmUpCalls / 20 : effort.warmUpCalls;
  known.add(call);
  let calls = Math.max(20, concurrency);
  for (let [made, passedMs] = [0, 0]; made === 0 || (made < wanted && passedMs < effort.warmUpMs); made += calls) {
    const { cpuUs, wallUs } = await worker.ask<Round>({ do: 'time', call, calls, concurrency });
    passedMs += (wallUs * calls) / 1000;
    const fitting = Math.min(effort.roundMs / cpuUs, (patience * effort.roundMs) / wallUs) * 1000;
    calls = Math.min(200_000, Math.max(20, concurrency, Math.round(fitting)));
  }
  return calls;
}

/**
 * Some contenders wait more than they work, and on a busy machine every process does. A round may take at most this
 * multiple of its CPU time.
 */
const patience = 10;

function figuresOf(name: string, base: string, turns: readonly ReadonlyMap<string, Round>[]): Figures {
  const of = (figure: keyof Round): number => median(turns.map((rounds) => rounds.get(name)?.[figure] ?? Number.NaN));
  const ratioOf = (figure: keyof Round): number =>
    median(
      turns.map((rounds) => (rounds.get(name)?.[figure] ?? Number.NaN) / (rounds.get(base)?.[figure] ?? Number.NaN)),
    );
  return { cpuUs: of('cpuUs'), cpuRatio: ratioOf('cpuUs'), wallUs: of('wallUs'), wallRatio: ratioOf('wallUs') };
}
