import type { CallContext, Strategy } from '@holdfast/core';
import { networkError, numberBetween, OptionError, optionsObject, sleep } from '@holdfast/core/internal/late';
import { seeded } from './seeded.ts';

/**
 * Deliberate faults, for a staging system: retries that have never run cannot be trusted. A proxy that breaks
 * connections is more realistic, but has to be operated; a mock is not a staging system. So this is a ring around each
 * attempt, inside retry and circuit, which take its faults for the server's: both react as they would in an outage. It
 * does nothing by default, and reports each fault (`chaos.injected`).
 */
export interface ChaosOptions {
  /** The share of the attempts that fails, from 0 to 1. @defaultValue 0 */
  readonly faultRatio?: number;
  /** A random delay for each attempt, of at most this many milliseconds. @defaultValue 0 */
  readonly latencyMs?: number;
  /**
   * How attempts fail, by a random one of these: a status, or `network` for a connection that breaks. @defaultValue
   * [503]
   */
  readonly statuses?: readonly (number | 'network')[];
  /**
   * The same seed gives the same faults for the same order of attempts. @defaultValue the client's own random numbers
   */
  readonly seed?: number;
}

/**
 * A strategy that injects faults: `createResilientClient({ perAttempt: [chaos({ faultRatio: 0.1 })] })`. An attempt that
 * fails this way never reaches the network.
 *
 * @throws TypeError or RangeError that names path, value and remedy.
 */
export function chaos(options: ChaosOptions = {}): Strategy {
  const where = 'chaos';
  optionsObject(options, where, ['faultRatio', 'latencyMs', 'statuses', 'seed']);
  const { faultRatio = 0, latencyMs = 0, statuses = [503], seed } = options;
  numberBetween(faultRatio, 0, 1, `${where}: faultRatio`);
  numberBetween(latencyMs, 0, 2 ** 31 - 1, `${where}: latencyMs`, 'milliseconds');
  const faults = checkedFaults(statuses, `${where}: statuses`);
  const own = seed === undefined ? undefined : seeded(seed, `${where}: seed`);

  return {
    name: 'chaos',
    async execute(request, next, context) {
      const random = own ?? context.random;
      // Always three random numbers, so that a changed option does not change the rest of the sequence.
      const [wait, chance, choice] = [random(), random(), random()];
      const { attempt, call, signal } = context;
      const waitMs = Math.round(wait * latencyMs);
      if (waitMs > 0) {
        context.emit['chaos.injected']?.(context, { attempt, fault: 'latency', latencyMs: waitMs });
        await sleep(call.clock, waitMs, signal);
      }
      if (chance >= faultRatio) return next(request, context);
      signal.throwIfAborted();
      const fault = faults[Math.min(faults.length - 1, Math.trunc(choice * faults.length))] ?? 'network';
      if (fault === 'network') {
        context.emit['chaos.injected']?.(context, { attempt, fault });
        throw broken(context, request.url);
      }
      context.emit['chaos.injected']?.(context, { attempt, fault: 'status', status: fault });
      return refused(fault);
    },
  };
}

function checkedFaults(statuses: unknown, path: string): readonly (number | 'network')[] {
  if (!Array.isArray(statuses) || statuses.length === 0) {
    throw new OptionError(path, statuses, "must be a list of statuses, such as [500, 503, 'network']");
  }
  for (const [index, status] of statuses.entries()) {
    if (status !== 'network') numberBetween(status, 400, 599, `${path}[${index}]`, "a status, or 'network'");
  }
  return [...statuses];
}

function refused(status: number): Response {
  const error = { code: 'chaos', message: 'Injected by chaos(); the server has not been asked', type: 'chaos' };
  return Response.json({ error }, { status });
}

/** The failure is like a connection that is reset: it is unknown whether the server has acted. */
function broken(context: CallContext, url: string): Error {
  const cause = Object.assign(new Error('injected by chaos()'), { code: 'ECONNRESET' });
  return networkError(new TypeError('fetch failed', { cause }), context, url);
}
