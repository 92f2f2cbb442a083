import { type Strategy, systemClock } from '@holdfast/core';
import { classify, errorOutcome, loadedInTime, onDemand, outcomeOf } from '@holdfast/core/internal';
import { joinFleet } from '#fleet';
import { opossum } from '#opossum';
import type { CircuitBreaker, CircuitBreakerParts, EarlyAttempt, WholeCircuitBreaker } from '../circuit-breaker.ts';
import { type CircuitBreakerOptions, openForMs, resolveOptions } from '../options.ts';

/**
 * The circuit breaker of a page in which nothing has failed: all circuits are closed, so it lets all calls through, and
 * records what the breaker will need. The breaker itself is loaded when the page is idle after its first answer, at the
 * first failure, or at once where a circuit may be open: by hand, or by `initialState`.
 *
 * Only a failure that could open a circuit waits for it, for a second at most. If it can't be loaded, circuits stay
 * closed, and failures in the meantime count once it is loaded.
 */
const whole = onDemand('The circuit breaker', () => import('../circuit-breaker.ts'));

/** The longest time that a call waits for it, in milliseconds. */
const longestLoadMs = 1_000;
/** How many of the first attempts are kept for it. */
const mostKept = 200;

export function circuitBreaker(options: CircuitBreakerOptions = {}, parts: CircuitBreakerParts = {}): CircuitBreaker {
  const { clock = systemClock, where = 'circuitBreaker' } = parts;
  const { minimumCalls, initialState, keyByHand, fleet } = resolveOptions(options, where);
  if (fleet) joinFleet(fleet, { heard: ignore, keys: () => [] });
  let breaker: WholeCircuitBreaker | undefined;
  let kept: ((breaker: WholeCircuitBreaker) => unknown)[] = [];
  let failures = 0;
  /** Set if a circuit may be open. */
  let isNeeded = initialState.length > 0;
  let isClosed = false;
  const current = (): WholeCircuitBreaker | undefined => {
    if (breaker || !whole.loaded) return breaker;
    breaker = whole.loaded.circuitBreaker(options, parts);
    for (const tell of kept) tell(breaker);
    kept = [];
    if (isClosed) breaker.close().catch(ignore);
    return breaker;
  };
  const byHand = (act: (breaker: WholeCircuitBreaker) => void): void => {
    const loaded = current();
    if (loaded) act(loaded);
    else {
      kept.push(act);
      isNeeded = true;
      whole.load(clock).catch(ignore);
    }
  };
  if (isNeeded) whole.load(clock).catch(ignore);

  /** Follows an attempt that began before the breaker was loaded. */
  const ended = (attempt: EarlyAttempt): Promise<unknown> | undefined => {
    const { outcome, context } = attempt;
    const loaded = current();
    if (loaded) return loaded.heard(attempt);
    const hasFailed = classify(outcome) === 'transient' && (outcome.kind === 'error' || outcome.status >= 500);
    if (hasFailed) failures++;
    let counted: unknown;
    if (kept.length < mostKept) {
      kept.push((its) => {
        counted = its.heard(attempt);
      });
    }
    if (!hasFailed) {
      whole.loadWhenIdle();
      return undefined;
    }
    opossum.load(clock).catch(ignore);
    if (failures < minimumCalls) {
      whole.load(clock).catch(ignore);
      return undefined;
    }
    return loadedInTime(whole, context, longestLoadMs).then((its) => {
      if (!its && !context.signal.aborted) console.error('holdfast: circuitBreaker: no circuit can open now');
      current();
      return counted;
    });
  };

  return {
    gate: ring(
      'circuitGate',
      (its) => its.gate,
      (request, next, context) => next(request, context),
    ),
    strategy: ring(
      'circuit',
      (its) => its.strategy,
      async (request, next, context) => {
        const startedAt = clock.now();
        let response: Response;
        try {
          response = await next(request, context);
        } catch (error) {
          await ended({ request, outcome: errorOutcome(error, context.signal, context.call), context, startedAt });
          throw error;
        }
        const outcome = await outcomeOf(response, request, context);
        await ended({ request, outcome, context, startedAt });
        return response;
      },
    ),
    circuits: {
      open(key, forMs) {
        keyByHand(key, 'circuits.open: key');
        openForMs(forMs);
        byHand((its) => its.circuits.open(key, forMs));
      },
      close(key) {
        keyByHand(key, 'circuits.close: key');
        byHand((its) => its.circuits.close(key));
      },
      reset: () => byHand((its) => its.circuits.reset()),
    },
    snapshot: () => current()?.snapshot() ?? [],
    async close() {
      isClosed = true;
      await breaker?.close();
    },
  };

  function ring(name: string, of: (breaker: CircuitBreaker) => Strategy, without: Strategy['execute']): Strategy {
    return {
      name,
      async execute(request, next, context) {
        if (isNeeded && !whole.loaded) await loadedInTime(whole, context, longestLoadMs);
        const its = current();
        return its ? of(its).execute(request, next, context) : without(request, next, context);
      },
    };
  }
}

/** The next failure tries again. */
function ignore(): void {}
