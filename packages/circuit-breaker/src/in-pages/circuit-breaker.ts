import {
  type Clock,
  classify,
  errorOutcome,
  ignore,
  loadedInTime,
  onDemand,
  outcomeOf,
  type Strategy,
  systemClock,
} from '@holdfast/core/internal';
import { joinFleet } from '#fleet';
import { opossum } from '#opossum';
import type { ResolvedOptions } from '../options/options.ts';
import type { CircuitsByHand } from '../rings/by-hand.ts';
import type { CircuitBreaker, CircuitBreakerParts, WholeCircuitBreaker } from '../rings/circuit-breaker.ts';
import type { Attempt } from '../rings/outcomes.ts';

/**
 * The circuit breaker of a page in which nothing has failed: all circuits are closed, so it lets all calls through, and
 * records what the breaker will need. The breaker itself is loaded when the page is idle after its first answer, at the
 * first failure, or at once where a circuit may be open: by hand, or by `initialState`.
 *
 * Only a failure that could open a circuit waits for it, for a second at most. If it can't be loaded, circuits stay
 * closed, and failures in the meantime count once it is loaded.
 */
const whole = onDemand('The circuit breaker', () => import('../rings/circuit-breaker.ts'));

/** The longest time that a call waits for it, in milliseconds. */
const longestLoadMs = 1_000;
/** How many of the first attempts are kept for it. */
const mostKept = 200;

export function circuitBreaker(resolved: ResolvedOptions, parts: CircuitBreakerParts): CircuitBreaker {
  const { clock = systemClock } = parts;
  // In a page this throws, and says that Redis works on servers only.
  if (resolved.fleet) joinFleet(resolved.fleet, { opened: ignore, keys: () => [] });
  const late = new LateBreaker(resolved, clock, (loaded) => loaded.circuitBreaker(resolved, parts));
  return {
    gate: late.ring(
      'circuitGate',
      (breaker) => breaker.gate,
      (request, next, context) => next(request, context),
    ),
    strategy: late.ring('circuit', (breaker) => breaker.strategy, watching(late, clock)),
    circuits: byHand(late),
    holdUp: (request) => late.breaker()?.holdUp(request),
    snapshot: () => late.breaker()?.snapshot() ?? [],
    close: () => late.close(),
  };
}

type Create = (loaded: NonNullable<typeof whole.loaded>) => WholeCircuitBreaker;

/** The breaker, once it is loaded, and what it has to learn then. */
class LateBreaker {
  readonly #clock: Clock;
  readonly #minimumCalls: number;
  readonly #create: Create;
  #breaker: WholeCircuitBreaker | undefined;
  #kept: ((breaker: WholeCircuitBreaker) => unknown)[] = [];
  #failures = 0;
  /** True if a circuit may be open. */
  #isNeeded: boolean;
  #isClosed = false;

  constructor({ minimumCalls, initialState }: ResolvedOptions, clock: Clock, create: Create) {
    this.#minimumCalls = minimumCalls;
    this.#clock = clock;
    this.#create = create;
    this.#isNeeded = initialState.length > 0;
    if (this.#isNeeded) this.#load();
  }

  breaker(): WholeCircuitBreaker | undefined {
    if (this.#breaker || !whole.loaded) return this.#breaker;
    const breaker = this.#create(whole.loaded);
    this.#breaker = breaker;
    for (const work of this.#kept) work(breaker);
    this.#kept = [];
    if (this.#isClosed) breaker.close().catch(ignore);
    return breaker;
  }

  /** Does something with the breaker: now, or when it is loaded. */
  act(work: (breaker: WholeCircuitBreaker) => void): void {
    const breaker = this.breaker();
    if (breaker) work(breaker);
    else {
      this.#kept.push(work);
      this.#isNeeded = true;
      this.#load();
    }
  }

  /** Follows an attempt that began before the breaker was loaded. Resolves when the attempt has been counted. */
  ended(attempt: Attempt): Promise<unknown> | undefined {
    const breaker = this.breaker();
    if (breaker) return breaker.record(attempt);
    const { outcome, context } = attempt;
    const hasFailed = classify(outcome) === 'transient' && (outcome.kind === 'error' || outcome.status >= 500);
    const counted = this.#keep(attempt);
    if (!hasFailed) {
      whole.loadWhenIdle();
      return undefined;
    }
    // The next failure tries again.
    opossum.load(this.#clock).catch(ignore);
    if (++this.#failures < this.#minimumCalls) {
      this.#load();
      return undefined;
    }
    return loadedInTime(whole, context, longestLoadMs).then((loaded) => {
      if (!loaded && !context.signal.aborted) console.error('holdfast: circuitBreaker: no circuit can open now');
      this.breaker();
      return counted();
    });
  }

  ring(name: string, of: (breaker: CircuitBreaker) => Strategy, without: Strategy['execute']): Strategy {
    return {
      name,
      execute: async (request, next, context) => {
        if (this.#isNeeded && !whole.loaded) await loadedInTime(whole, context, longestLoadMs);
        const breaker = this.breaker();
        return breaker ? of(breaker).execute(request, next, context) : without(request, next, context);
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#breaker?.close();
  }

  /** Keeps an attempt for the breaker; the returned function gives what the breaker returned for it. */
  #keep(attempt: Attempt): () => unknown {
    let counted: unknown;
    if (this.#kept.length < mostKept) {
      this.#kept.push((breaker) => {
        counted = breaker.record(attempt);
      });
    }
    return () => counted;
  }

  #load(): void {
    // The next failure tries again.
    whole.load(this.#clock).catch(ignore);
  }
}

/** Sends, and reports how the attempt ended. */
function watching(late: LateBreaker, clock: Clock): Strategy['execute'] {
  return async (request, next, context) => {
    const startedAt = clock.now();
    let response: Response;
    try {
      response = await next(request, context);
    } catch (error) {
      await late.ended({ request, outcome: errorOutcome(error, context.signal, context.call), context, startedAt });
      throw error;
    }
    const outcome = await outcomeOf(response, request, context);
    await late.ended({ request, outcome, context, startedAt });
    return response;
  };
}

function byHand(late: LateBreaker): CircuitsByHand {
  return {
    open: (key, forMs) => late.act((breaker) => breaker.circuits.open(key, forMs)),
    close: (key) => late.act((breaker) => breaker.circuits.close(key)),
    reset: () => late.act((breaker) => breaker.circuits.reset()),
  };
}
