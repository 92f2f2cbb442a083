import { type CircuitBreaker, type CircuitBreakerOptions, circuitBreaker } from '@holdfast/circuit-breaker';
import { compose, createEventHub, type Handler, isResilienceError, type Strategy } from '@holdfast/core';
import { createCall, type EventHub, emptyBody } from '@holdfast/core/internal';
import { type EventLog, eventLog, ManualClock } from '@holdfast/core/testing';

export const origin = 'https://api.example.com';

/** The outcome of an attempt: a status, perhaps with headers, or an error. */
export type Step = number | Response | Error;

/** A running attempt. */
export interface Begun {
  /** Whether the attempt has reached the wire. */
  readonly sent: boolean;
  /** The status, or the code or name of the error. */
  readonly end: Promise<number | string>;
  /** The error with which it was rejected. */
  readonly error: Promise<unknown>;
  /** Answers the attempt. */
  answer(step: Step): Promise<number | string>;
  /** Aborts the attempt. */
  abort(reason?: unknown): Promise<number | string>;
}

export interface Scene {
  readonly breaker: CircuitBreaker;
  readonly clock: ManualClock;
  readonly log: EventLog;
  readonly on: EventHub['on'];
  /** Starts an attempt, and leaves it without an answer. */
  begin(url?: string, attempt?: number): Begun;
  /** Starts an attempt that gets this outcome at once. */
  attempt(step: Step, url?: string): Promise<number | string>;
  /** The same for several attempts. */
  attempts(count: number, step: Step, url?: string): Promise<void>;
  readonly state: string | undefined;
  /** Milliseconds until a probe, from the snapshot. */
  readonly retryAfterMs: number | undefined;
}

/** A breaker in front of a transport that the test answers, in virtual time and without randomness. */
export function scene(
  options: CircuitBreakerOptions = {},
  { random = () => 1, between = [] }: { random?: () => number; between?: readonly Strategy[] } = {},
): Scene {
  const clock = new ManualClock();
  const hub = createEventHub();
  const log = eventLog(hub);
  const breaker = circuitBreaker(options, { clock, random, emit: hub.emit });
  const wire = new WeakMap<Request, { resolve(response: Response): void; reject(error: unknown): void }>();
  const transport: Handler = (request, { signal }) =>
    new Promise((resolve, reject) => {
      wire.set(request, { resolve, reject });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const send = compose([breaker.gate, ...between, breaker.strategy], transport);

  const begin = (url = `${origin}/orders`, attempt = 1): Begun => {
    const request = new Request(url);
    const controller = new AbortController();
    const call = createCall('GET', url, clock);
    const settings = { levels: [], timeout: false, totalTimeout: false } as const;
    const sending = send(request, {
      ...{ call, attempt, signal: controller.signal, random, emit: hub.emit, settings, body: emptyBody },
    });
    const end = sending.then(({ status }) => status, nameOf);
    const error = sending.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return {
      get sent() {
        return wire.has(request);
      },
      end,
      error,
      answer(step) {
        if (step instanceof Error) wire.get(request)?.reject(step);
        else wire.get(request)?.resolve(typeof step === 'number' ? new Response(null, { status: step }) : step);
        return end;
      },
      abort(reason) {
        controller.abort(reason);
        return end;
      },
    };
  };
  const attempt = (step: Step, url?: string): Promise<number | string> => begin(url).answer(step);
  return {
    breaker,
    clock,
    log,
    on: hub.on,
    begin,
    attempt,
    async attempts(count, step, url) {
      for (let sent = 0; sent < count; sent++) await attempt(step, url);
    },
    get state() {
      return breaker.snapshot()[0]?.state;
    },
    get retryAfterMs() {
      return breaker.snapshot()[0]?.retryAfterMs;
    },
  };
}

function nameOf(error: unknown): string {
  return isResilienceError(error) ? error.code : String((error as { name?: unknown }).name);
}

/** A network failure, as the platform's fetch reports it. */
export function networkFailure(code: string): Error {
  return Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
}

/** Opens soon, and stays open for a second. */
export const quick: CircuitBreakerOptions = { failureRatio: 0.5, minimumCalls: 4, windowMs: 1000, openMs: 1000 };
