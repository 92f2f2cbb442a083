import {
  type CallContext,
  CircuitOpenError,
  type Clock,
  classify,
  createCall,
  type Emit,
  errorOutcome,
  type Outcome,
  parseServerTiming,
  type Strategy,
  systemClock,
  systemRandom,
} from '@holdfast/core';
import type { Circuit, CircuitOutcome, StateChange } from './circuit.ts';
import { type CircuitSnapshot, Circuits } from './circuits.ts';
import { type Fleet, joinFleet } from './fleet.ts';
import { type CircuitBreakerOptions, resolveOptions } from './options.ts';

/**
 * A server that is down is not helped by more requests, and a caller is not helped by waiting for it. So when nearly
 * everything fails, calls fail at once, and a probe looks whether it is back.
 *
 * It is easy to get wrong: an abort of the caller's counted as a failure (or as a success, which closes the circuit), a
 * late answer from before the outage, a probe that never ends, a 503 that counts as a success since it is a response.
 * A breaker that opens at half failures turns a partial outage into a whole one: this one is for what is nearly dead.
 *
 * It takes two rings: the gate stands before the limiter's queue, so that nobody queues for a server that is down; the
 * circuit itself stands around the wire, and asks again, since it may have opened while a call was queued.
 */
export interface CircuitBreaker {
  readonly gate: Strategy;
  readonly strategy: Strategy;
  /** By hand. */
  readonly circuits: {
    /** Opens a circuit; with no time given, for as long as a first opening. */
    open(key: string, forMs?: number): void;
    close(key: string): void;
    /** Closes all of them, and forgets what they saw. */
    reset(): void;
  };
  snapshot(): readonly CircuitSnapshot[];
  /** Lets go of everything. */
  close(): Promise<void>;
}

/** What a client hands in; alone, the defaults do. */
export interface CircuitBreakerParts {
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Who is told of changes that belong to no call. */
  readonly emit?: Emit;
}

/** @throws TypeError or RangeError for options that make no sense, naming path, value and remedy. */
export function circuitBreaker(options: CircuitBreakerOptions = {}, parts: CircuitBreakerParts = {}): CircuitBreaker {
  const where = 'circuitBreaker';
  const resolved = resolveOptions(options, where);
  const { clock = systemClock, random = systemRandom, emit: emitAlone = {} } = parts;
  const circuits = new Circuits(resolved, clock, random);
  if (options.initialState) circuits.restore(options.initialState);

  const tellOf =
    (context: Pick<CallContext, 'call' | 'emit'> & { readonly attempt?: number }) =>
    (change: StateChange): void => {
      const { state, ...figures } = change;
      const type = state === 'open' ? 'circuit.opened' : state === 'closed' ? 'circuit.closed' : 'circuit.halfOpened';
      context.emit[type]?.(context, figures);
      if (state === 'open' && change.because !== 'fleet') fleet?.tell(change.key, change.retryAfterMs ?? 0);
    };
  const alone = (): ((change: StateChange) => void) => tellOf({ call: createCall('', '', clock), emit: emitAlone });
  const fleet: Fleet | undefined =
    options.redis === undefined
      ? undefined
      : joinFleet(options.redis, (key, forMs) => circuits.get(key).open('fleet', forMs, alone()));

  const rejected = (circuit: Circuit, context: CallContext): CircuitOpenError => {
    const { call } = context;
    const retryAfterMs = circuit.retryAfterMs || resolved.openMs;
    const host = circuit.key.replace(/^https?:\/\//, '');
    context.emit['call.rejected']?.(context, { errorCode: 'CIRCUIT_OPEN', key: circuit.key });
    return new CircuitOpenError({
      call,
      key: circuit.key,
      retryAfterMs,
      message: `Circuit for ${host} is ${circuit.state === 'open' ? 'open' : 'being probed'}; next probe in ${retryAfterMs} ms`,
    });
  };

  return {
    gate: {
      name: 'circuitGate',
      execute(request, next, context) {
        const circuit = circuits.of(request);
        return circuit.admits ? next(request, context) : Promise.reject(rejected(circuit, context));
      },
    },
    strategy: {
      name: 'circuit',
      async execute(request, next, context) {
        const circuit = circuits.of(request);
        const tell = tellOf(context);
        const permit = circuit.acquire(tell);
        if (!permit) throw rejected(circuit, context);
        const startedAt = clock.now();
        try {
          const response = await next(request, context);
          const { status, headers } = response;
          const outcome: Outcome = { kind: 'response', status, headers, response };
          circuit.settle(permit, judge(outcome), clock.now() - startedAt, askedFor(outcome, clock), tell);
          return response;
        } catch (error) {
          circuit.settle(permit, judge(errorOutcome(error, context.signal)), clock.now() - startedAt, 0, tell);
          throw error;
        }
      },
    },
    circuits: {
      open(key, forMs) {
        circuits.get(key).open('byHand', forMs, alone());
      },
      close(key) {
        circuits.get(key).close('byHand', alone());
      },
      reset: () => circuits.reset(alone()),
    },
    snapshot: () => circuits.snapshot(),
    async close() {
      circuits.shutdown();
      await fleet?.leave();
    },
  };
}

/** Only the server's failures count, and only what it answered counts as its success. */
function judge(outcome: Outcome): CircuitOutcome {
  const verdict = classify(outcome);
  if (verdict === 'success') return 'success';
  if (verdict !== 'transient') return 'neutral';
  return outcome.kind === 'error' || outcome.status >= 500 ? 'failure' : 'neutral';
}

function askedFor(outcome: Outcome, clock: Clock): number {
  if (outcome.kind === 'error' || outcome.status < 500) return 0;
  return parseServerTiming(outcome.headers, clock.wallNow())?.retryAfterMs ?? 0;
}
