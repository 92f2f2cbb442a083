import type { UnitSpec } from '../units/unit-options.ts';
import { unitsScript } from '../units/units-script.ts';
import type { RedisClock } from './redis-clock.ts';
import { freshMs, type UnitStore } from './store.ts';

/** Runs a script in Redis: the script, how many keys it has, the keys, and its arguments. */
type Evaluate = (script: string, keys: number, ...args: (string | number)[]) => Promise<unknown>;

/** A limit in a unit that all processes keep by one script. @param clock Knows how long Redis takes to answer. */
export function unitStore(
  evaluate: Evaluate,
  prefix: string,
  { unit, amount, perMs }: UnitSpec,
  clock: Pick<RedisClock, 'delayMs' | 'noteDelay' | 'now'>,
): UnitStore {
  const id = `${prefix}:${unit}:${perMs}`;
  const keys = ['charges', 'amounts', 'line', 'leases'].map((part) => `${id}:${part}`);
  // A request is sent a moment after it was registered; without this margin, two requests might fall into one window of
  // the server.
  const counts = (): number => Math.ceil(perMs + freshMs(perMs) + clock.delayMs);
  const run = (...args: (string | number)[]): Promise<unknown> => evaluate(unitsScript, 4, ...keys, ...args);
  return {
    get delayMs() {
      return clock.delayMs;
    },
    async take(of, cost, leaseMs) {
      const askedAt = clock.now();
      const againMs = Number(await run('take', of, cost, amount, counts(), leaseMs));
      clock.noteDelay(clock.now() - askedAt);
      return againMs;
    },
    settle: (of, charged, from) => run('settle', of, charged, counts(), from ?? ''),
    leave: (of) => run('leave', of),
  };
}
