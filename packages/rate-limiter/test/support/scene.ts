import { compose, createEventHub, defaultLevels } from '@holdfast/core';
import { type CallSettings, createCall, emptyBody } from '@holdfast/core/internal';
import { type EventLog, eventLog, ManualClock } from '@holdfast/core/testing';
import { type RateLimiter, type RateLimitOptions, rateLimiter } from '@holdfast/rate-limiter';

export const origin = 'https://api.example.com';

/** A running call. */
export interface Begun {
  /** When it reached the wire, in virtual milliseconds; absent while it waits. */
  readonly sentAt: number | undefined;
  /** The status, or the code or name of the error; absent while it has not ended. */
  readonly end: number | string | undefined;
  readonly response: Response | undefined;
  readonly error: unknown;
  /** Answers the call. */
  answer(step?: number | Response | Error): Promise<void>;
  /** Aborts the call. */
  abort(reason?: unknown): Promise<void>;
}

export interface BeginOptions {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly priority?: RequestPriority;
  readonly settings?: Partial<CallSettings>;
  /** The caller has aborted before the call. */
  readonly isAborted?: boolean;
}

export interface Scene {
  readonly limiter: RateLimiter;
  readonly clock: ManualClock;
  readonly log: EventLog;
  /** Starts a call, and leaves it without an answer. */
  begin(options?: BeginOptions): Promise<Begun>;
  /** The same for several calls. */
  beginAll(count: number, options?: BeginOptions): Promise<Begun[]>;
}

/** A limiter in front of a transport that the test answers, in virtual time. */
export function scene(
  options?: RateLimitOptions | readonly RateLimitOptions[],
  { random = () => 0 }: { random?: () => number } = {},
): Scene {
  const clock = new ManualClock();
  const hub = createEventHub();
  const log = eventLog(hub);
  const limiter = rateLimiter(options, { clock, random, emit: hub.emit });
  const begin = (given: BeginOptions = {}): Begun => {
    const { url = `${origin}/orders`, method = 'GET', headers = {}, body, priority, settings, isAborted } = given;
    const controller = new AbortController();
    if (isAborted) controller.abort(new Error('gone'));
    const begun: { -readonly [K in keyof Begun]: Begun[K] } = {
      sentAt: undefined,
      end: undefined,
      response: undefined,
      error: undefined,
      async answer(step = 200) {
        if (step instanceof Error) wire.reject(step);
        else wire.resolve(typeof step === 'number' ? new Response(null, { status: step }) : step);
        await clock.advance(0);
      },
      async abort(reason = new Error('gone')) {
        controller.abort(reason);
        await clock.advance(0);
      },
    };
    const wire = {} as { resolve(response: Response): void; reject(error: unknown): void };
    const answered = new Promise<Response>((resolve, reject) => Object.assign(wire, { resolve, reject }));
    const send = compose([limiter], (_request, { signal }) => {
      begun.sentAt = clock.now();
      signal.addEventListener('abort', () => wire.reject(signal.reason), { once: true });
      return answered;
    });
    const call = createCall(method, url, clock);
    const ofCall: CallSettings = { levels: defaultLevels, timeout: false, totalTimeout: false, ...settings };
    send(new Request(url, { method, headers, body: body ?? null }), {
      ...{ call, attempt: 1, signal: controller.signal, random, emit: hub.emit, settings: ofCall, body: emptyBody },
      ...(priority && { init: { priority } }),
    }).then(
      (response) => {
        begun.response = response;
        begun.end = response.status;
      },
      (error: { code?: string; message: string }) => {
        begun.error = error;
        begun.end = error.code ?? error.message;
      },
    );
    return begun;
  };
  const beginAll = async (count: number, given?: BeginOptions): Promise<Begun[]> => {
    const all = Array.from({ length: count }, () => begin(given));
    await clock.advance(0);
    return all;
  };
  return {
    limiter,
    clock,
    log,
    beginAll,
    begin: async (given) => (await beginAll(1, given))[0] as Begun,
  };
}

/** The calls that have reached the wire. */
export function sent(calls: readonly Begun[]): number {
  return calls.filter(({ sentAt }) => sentAt !== undefined).length;
}

/** An answer that asks for a pause. */
export function busy(seconds: number, status = 429): Response {
  return new Response(null, { status, headers: { 'retry-after': String(seconds) } });
}
