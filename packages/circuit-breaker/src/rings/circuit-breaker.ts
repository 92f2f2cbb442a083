import { type Clock, type Outcome, redactUrl, type Strategy, systemClock } from '@holdfast/core';
import { type Emit, errorOutcome, noCall, outcomeOf, systemRandom } from '@holdfast/core/internal';
import { joinFleet } from '#fleet';
import { Circuit } from '../circuit/circuit.ts';
import { Circuits } from '../circuit/circuits.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { CircuitSnapshot } from '../state/circuit-snapshot.ts';
import type { OnChange } from '../state/circuit-state.ts';
import type { CircuitsByHand } from './by-hand.ts';
import { gateRing } from './gate.ts';
import { type Attempt, Outcomes } from './outcomes.ts';
import { rejected } from './rejected.ts';

/**
 * More requests do not help a server that is down, and waiting for it does not help the caller. So when nearly all
 * attempts fail, calls fail at once, and a probe finds out whether the server is back.
 *
 * Common mistakes are: a caller's abort counts as a failure (or as a success, which closes the circuit), a late answer
 * from before the outage counts, a probe never ends, a 503 counts as a success since it is a response. A breaker that
 * opens when half of the attempts fail turns a partial outage into a complete one: this one opens only when hardly any
 * attempt succeeds.
 *
 * It takes two rings: the gate is before the limiter's queue, so that no call queues for a server that is down; the
 * circuit itself is around each attempt, and checks again, since it may have opened while a call was queued.
 */
export interface CircuitBreaker {
  /** Outside the queue: rejects calls at once, so that no call queues for a server that is down. */
  readonly gate: Strategy;
  /** Around the attempt: records its outcome, and rejects calls that were queued when the circuit opened. */
  readonly strategy: Strategy;
  /** Opens and closes circuits by hand. A key is what `snapshot()` shows: an origin by default. */
  readonly circuits: CircuitsByHand;
  /**
   * The circuit that would refuse this request now or, if it is half-open, keep it waiting for a probe; `undefined` if
   * it may be sent.
   */
  holdUp(request: Request): Pick<CircuitSnapshot, 'key' | 'state' | 'retryAfterMs'> | undefined;
  /** All circuits as plain JSON, fit for {@link CircuitBreakerOptions.initialState}. */
  snapshot(): readonly CircuitSnapshot[];
  /** Releases everything. */
  close(): Promise<void>;
}

/** The breaker, for a page that loads it later: it can record attempts that ended before. */
export interface WholeCircuitBreaker extends CircuitBreaker {
  /** Records an attempt that has ended. Resolves when it has been counted. */
  record(attempt: Attempt): Promise<void>;
}

/** Values that a client passes in; without a client, the defaults apply. */
export interface CircuitBreakerParts {
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
  /** Random numbers in [0, 1). @defaultValue `Math.random` */
  readonly random?: () => number;
  /** Gets changes that belong to no call: those by hand, and those from the fleet. @defaultValue none */
  readonly emit?: Emit;
  /** The beginning of messages about options. @defaultValue 'circuitBreaker' */
  readonly where?: string;
}

/** The circuit breaker: see `index.ts`. */
export function circuitBreaker(resolved: ResolvedOptions, parts: CircuitBreakerParts): WholeCircuitBreaker {
  const { clock = systemClock, random = systemRandom, emit: emitAlone = {} } = parts;
  const { keyOf, maxKeys, windowMs } = resolved;

  const onChange: OnChange = (change, cause) => {
    const { state, ...figures } = change;
    const { emit, ...by } = cause ?? { emit: emitAlone, call: noCall(clock) };
    emit[events[state]]?.(by, { ...figures, key: redactUrl(change.key) });
    if (state === 'open' && publishedReasons.has(change.because)) fleet?.publish(change.key, change.retryAfterMs ?? 0);
  };
  const create = (key: string): Circuit => new Circuit(key, resolved, clock, random, onChange);
  const circuits = new Circuits({ maxKeys, windowMs, now: () => clock.now(), create });
  circuits.restore(resolved.initialState);
  const fleet: Fleet | undefined =
    resolved.fleet &&
    joinFleet(resolved.fleet, {
      opened: (key, forMs) => circuits.ifRoom(key)?.openWithFleet(forMs),
      keys: () => circuits.keys(),
    });
  const outcomes = new Outcomes(circuits, resolved, clock);

  return {
    gate: gateRing(circuits, resolved),
    strategy: circuitRing(circuits, outcomes, resolved),
    circuits: {
      open: (key, forMs) => circuits.get(key).openByHand(forMs),
      close: (key) => circuits.find(key)?.close('byHand'),
      reset: () => circuits.reset(),
    },
    holdUp(request) {
      const circuit = circuits.find(keyOf(request));
      if (!circuit || (circuit.admits && !circuit.isProbed)) return undefined;
      const { key, state, retryAfterMs } = circuit;
      return { key, state, retryAfterMs };
    },
    snapshot: () => circuits.snapshot(),
    async record(attempt) {
      const circuit = circuits.get(keyOf(attempt.request));
      const pass = circuit.admit(attempt.context, attempt.startedAt);
      if (pass) await outcomes.settle({ circuit, pass }, attempt);
    },
    async close() {
      circuits.shutdown();
      await fleet?.leave();
    },
  };
}

function circuitRing(circuits: Circuits, outcomes: Outcomes, { keyOf }: ResolvedOptions): Strategy {
  return {
    name: 'circuit',
    async execute(request, next, context) {
      const circuit = circuits.get(keyOf(request));
      const pass = circuit.admit(context);
      if (pass === undefined) throw rejected(circuit, context);
      const startedAt = outcomes.startedNow();
      const settle = (outcome: Outcome): Promise<void> | undefined =>
        outcomes.settle({ circuit, pass }, { request, outcome, context, startedAt });
      try {
        const inner = context.settings.opening ? { ...context, headersCame: () => circuit.headersCame(pass) } : context;
        const response = await next(request, inner);
        const read = outcomeOf(response, request, context);
        const settling = settle(read instanceof Promise ? await read : read);
        if (settling) await settling;
        return response;
      } catch (error) {
        await settle(errorOutcome(error, context.signal, context.call));
        throw error;
      }
    },
  };
}

const events = { open: 'circuit.opened', halfOpen: 'circuit.halfOpened', closed: 'circuit.closed' } as const;

/**
 * Publishes openings that other processes can't see themselves. A failed probe is not published: they send their own
 * probes.
 */
const publishedReasons: ReadonlySet<string> = new Set(['failureRatio', 'slowCallRatio', 'byHand']);
