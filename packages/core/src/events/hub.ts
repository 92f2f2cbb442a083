import type { Incident } from '../errors/incident.ts';
import type { Call } from '../kernel/call.ts';
import type { Decision } from '../kernel/decision.ts';
import { nearest, OptionError } from '../options/validate.ts';
import type { Verdict } from '../policy/classify.ts';

/** What every event of a call tells. All events are frozen and JSON-safe, their URLs without secrets. */
export interface EventBase {
  /** Wall clock, in milliseconds since 1970. */
  readonly at: number;
  /** Empty, as are method and URL, for what belongs to no call: a circuit opened by hand, or by another process. */
  readonly callId: string;
  readonly method: string;
  readonly url: string;
  /** The attempt it belongs to, where it belongs to one. */
  readonly attempt?: number;
}

interface FailedBy {
  readonly status?: number;
  readonly errorCode?: string;
}

/** The figures that changed a circuit's state. */
interface CircuitFigures {
  readonly key: string;
  readonly because: string;
  readonly failures: number;
  readonly successes: number;
  /** Where slow calls count. */
  readonly slowCalls?: number;
}

/** What keeps a call waiting: the server asked for a pause, or has just ended one; a limit is used up; the server is in distress. */
export type QueuedBecause = 'paused' | 'resuming' | 'limit' | 'distress';

/** Which of a key's requests a pause concerns, where it does not concern all of them. */
interface OfBucket {
  /** The name that the server gave the bucket, or the method and the pattern of the path: `search`, `GET /orders/:id`. */
  readonly bucket?: string;
}

interface PauseFigures extends OfBucket {
  readonly key: string;
  readonly pauseMs: number;
  /** Wall clock, in milliseconds since 1970. */
  readonly pausedUntil: number;
}

/** How old a stored answer is, and for how long it is still fresh: negative where it is not, in milliseconds. */
interface CacheFigures {
  readonly ageMs: number;
  readonly freshForMs: number;
}

/** Why a stale answer was given: the call failed; a new one is being fetched meanwhile; the request takes it. */
export type StaleBecause = 'error' | 'revalidating' | 'asked';

/** What each type of event tells besides {@link EventBase}. */
export interface EventDetails {
  'call.started': object;
  'call.ended': FailedBy & {
    readonly outcome: 'success' | 'failure' | 'cancelled';
    readonly attempts: number;
    readonly durationMs: number;
  };
  'call.rejected': { readonly errorCode: string; readonly key?: string };
  'attempt.started': { readonly attempt: number };
  'attempt.ended': FailedBy & { readonly attempt: number; readonly durationMs: number; readonly verdict: Verdict };
  'attempt.timedOut': { readonly attempt: number; readonly limitMs: number };
  'retry.scheduled': FailedBy & { readonly attempt: number; readonly delayMs: number; readonly decision: Decision };
  /** There is no token for the retry: it waits for the outcome of those under way. `waiting` counts all calls that wait. */
  'retry.waiting': FailedBy & { readonly attempt: number; readonly decision: Decision; readonly waiting: number };
  'retry.denied': FailedBy & { readonly attempt: number; readonly decision: Decision };
  'credentials.refreshed': { readonly expiresAt?: number };
  'credentials.failed': { readonly message: string; readonly nextTryAt: number };
  /** A call waits for the limiter. `queued` counts all who wait, `because` says what the first of them waits for. */
  'permit.queued': OfBucket & { readonly key: string; readonly queued: number; readonly because: QueuedBecause };
  /** It may go. A call that need not wait has no such event. */
  'permit.granted': { readonly key: string; readonly waitMs: number };
  /** The server asked for it, in an answer of this status, by this header. */
  'limiter.paused': PauseFigures & { readonly status?: number; readonly source: string };
  'limiter.resumed': OfBucket & { readonly key: string };
  /** The server is in distress, or slow after a pause: so many may be on their way at once, until it is better. */
  'limiter.limited': { readonly key: string; readonly limitedTo: number; readonly because: 'distress' | 'resuming' };
  /** They may all go again. */
  'limiter.released': { readonly key: string };
  /** Limits are not shared any more, since Redis is out of reach. */
  'limiter.degraded': { readonly message: string };
  'limiter.recovered': object;
  'circuit.opened': CircuitFigures & { readonly retryAfterMs?: number };
  'circuit.halfOpened': CircuitFigures;
  'circuit.closed': CircuitFigures;
  'deadline.exceeded': { readonly limitMs: number };
  /** A body that broke goes on from this byte. */
  'body.resumed': { readonly offset: number; readonly total?: number };
  /** A stream broke after something was delivered. Where it is resumed, `delayMs` is the wait before that. */
  'stream.interrupted': {
    readonly eventsReceived: number;
    readonly lastEventId?: string;
    readonly errorCode?: string;
    readonly delayMs?: number;
  };
  /** It goes on. */
  'stream.resumed': { readonly attempt: number; readonly lastEventId?: string };
  'fallback.used': { readonly reason: string };
  /** What the API's status page says; without an incident nothing is known to be broken any more. */
  'status.changed': { readonly description: string; readonly incident?: Incident };
  /** It waits for an equal request that is under way; the attempts are told by the call that this one began for. */
  'call.coalesced': { readonly leaderCallId: string };
  /** A fresh answer from the cache. */
  'cache.hit': CacheFigures;
  /** One that is no longer fresh. */
  'cache.stale': CacheFigures & FailedBy & { readonly because: StaleBecause };
  /** The server was asked whether a stored answer still holds: it does (304), or there is another one. */
  'cache.revalidated': { readonly status: number; readonly outcome: 'same' | 'replaced' };
  /** The store fails, so calls go on without it. */
  'cache.degraded': { readonly message: string };
  'cache.recovered': object;
  /** A fault that a test or a staging system has asked for: nothing that the server did. */
  'chaos.injected': {
    readonly attempt: number;
    readonly fault: 'latency' | 'network' | 'status';
    readonly status?: number;
    readonly latencyMs?: number;
  };
}

export type EventType = keyof EventDetails;

/** The event of a type, whole. */
export type EventOf<Type extends EventType> = Readonly<{ type: Type } & EventBase & EventDetails[Type]>;

/** Everything that can be observed, told apart by `type`. */
export type HoldfastEvent = { [Type in EventType]: EventOf<Type> }[EventType];

/**
 * Tells an event, if anybody listens to its type: `context.emit['retry.scheduled']?.(context, {…})`. Nobody listening
 * means that the member is absent, and then JavaScript does not even evaluate the details.
 */
export type Emit = {
  readonly [Type in EventType]?: (
    context: { readonly call: Call; readonly attempt?: number },
    details: EventDetails[Type],
  ) => void;
};

export interface EventHub {
  readonly emit: Emit;
  /** Hears one type of event; gives the function that stops it. */
  on<Type extends EventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void;
  /** Hears all events; gives the function that stops it. */
  on(listener: (event: HoldfastEvent) => void): () => void;
}

const everyType: Readonly<Record<EventType, true>> = {
  'call.started': true,
  'call.ended': true,
  'call.rejected': true,
  'attempt.started': true,
  'attempt.ended': true,
  'attempt.timedOut': true,
  'retry.scheduled': true,
  'retry.waiting': true,
  'retry.denied': true,
  'credentials.refreshed': true,
  'credentials.failed': true,
  'circuit.opened': true,
  'circuit.halfOpened': true,
  'circuit.closed': true,
  'permit.queued': true,
  'permit.granted': true,
  'limiter.paused': true,
  'limiter.resumed': true,
  'limiter.limited': true,
  'limiter.released': true,
  'limiter.degraded': true,
  'limiter.recovered': true,
  'deadline.exceeded': true,
  'body.resumed': true,
  'stream.interrupted': true,
  'stream.resumed': true,
  'fallback.used': true,
  'status.changed': true,
  'call.coalesced': true,
  'cache.hit': true,
  'cache.stale': true,
  'cache.revalidated': true,
  'cache.degraded': true,
  'cache.recovered': true,
  'chaos.injected': true,
};
const everyTypeName = Object.keys(everyType) as EventType[];

/** What it gives is looked at only where it is a promise, which may fail. */
type Listener = (event: HoldfastEvent) => unknown;

/** Where a client's listeners are kept. A listener that throws is reported on the console and breaks no call. */
export function createEventHub(): EventHub {
  const listeners = new Map<EventType, Set<Listener>>();
  const emit: { -readonly [Type in EventType]?: Emit[Type] } = {};

  const listen = (type: EventType, listener: Listener): void => {
    const heard = listeners.get(type) ?? new Set();
    listeners.set(type, heard.add(listener));
    (emit as Record<EventType, unknown>)[type] ??= (
      { call, attempt }: { readonly call: Call; readonly attempt?: number },
      details: object,
    ): void => {
      const at = call.clock.wallNow();
      const base = { type, at, callId: call.id, method: call.method, url: call.url };
      const event = Object.freeze({ ...base, ...(attempt && { attempt }), ...details }) as HoldfastEvent;
      for (const one of [...heard]) tell(one, event);
    };
  };
  const forget = (type: EventType, listener: Listener): void => {
    const heard = listeners.get(type);
    heard?.delete(listener);
    if (heard?.size !== 0) return;
    listeners.delete(type);
    delete emit[type];
  };

  return {
    emit,
    on(typeOrListener: EventType | Listener, listenerOfType?: unknown): () => void {
      const types = typeof typeOrListener === 'function' ? everyTypeName : [typeOrListener];
      const given = typeof typeOrListener === 'function' ? typeOrListener : listenerOfType;
      if (typeof given !== 'function')
        throw new OptionError('on: listener', given, 'must be a function (event) => void');
      for (const type of types) if (!Object.hasOwn(everyType, type)) throw unknownType(type);
      // A wrapper of its own, so that the same function given twice is heard twice and stopped one at a time.
      const listener: Listener = (event) => given(event);
      for (const type of types) listen(type, listener);
      return () => {
        for (const type of types) forget(type, listener);
      };
    },
  };
}

function unknownType(type: unknown): OptionError {
  const near = typeof type === 'string' ? nearest(type, everyTypeName) : undefined;
  const remedy =
    near === undefined ? `must be one of ${everyTypeName.join(', ')}` : `must be a known one, such as '${near}'`;
  return new OptionError('on: type', type, remedy);
}

function tell(listener: Listener, event: HoldfastEvent): void {
  try {
    const answer: unknown = listener(event);
    if (isThenable(answer)) answer.then(undefined, (error: unknown) => report(event, error));
  } catch (error) {
    report(event, error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

function report(event: HoldfastEvent, error: unknown): void {
  console.error(`holdfast: a listener for ${event.type} threw`, error);
}
