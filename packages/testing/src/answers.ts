import type { Clock, Dialect } from '@holdfast/core';
import { numberBetween, OptionError } from '@holdfast/core/internal';
import { HttpResponse } from 'msw';
import { speak } from './in-dialect.ts';
import type { Trip } from './trip.ts';

/** The request that is answered, and the time. */
export interface Moment {
  readonly clock: Clock;
  /** Waits by the clock, in virtual time if the test has any, and no longer than the answer is needed. */
  wait(ms: number): Promise<void>;
}

/** How one request is answered. */
export type Answer =
  /** A status, with an empty body. */
  | number
  /** Returned unchanged, each time. */
  | Response
  | ((request: Request, moment: Moment) => Response | Promise<Response>);

/** Makes the response. */
export async function give(answer: Answer, request: Request, moment: Moment): Promise<Response> {
  if (typeof answer === 'function') return await answer(request, moment);
  return typeof answer === 'number' ? new HttpResponse(null, { status: answer }) : answer.clone();
}

/** @throws TypeError or RangeError that names the path. */
export function checkAnswer(answer: unknown, path: string): asserts answer is Answer {
  if (typeof answer === 'function' || answer instanceof Response) return;
  const remedy =
    'must be a status, a Response, or the result of ok(), apiError(), networkError(), slow() and similar functions';
  if (typeof answer !== 'number') throw new OptionError(path, answer, remedy);
  if (!Number.isInteger(answer)) throw new OptionError(path, answer, 'must be a status from 200 to 599');
  numberBetween(answer, 200, 599, path, 'a status');
}

/** 200, with this as JSON. */
export function ok(json: unknown = {}, headers: Readonly<Record<string, string>> = {}): Answer {
  return () => HttpResponse.json(json as null, { headers });
}

/** The members of {@link apiError} besides the status. */
export interface ApiErrorAnswer {
  /** The API's own code. @defaultValue such as `error_422` */
  readonly code?: string;
  readonly message?: string;
  readonly type?: string;
  /** The invalid field. */
  readonly param?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string; readonly code?: string }[];
  /** @defaultValue `req_test` */
  readonly requestId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The API whose form the error has, such as `github()` of `@holdfast/dialects`. @defaultValue the envelope */
  readonly dialect?: Dialect;
}

/**
 * An error status with the envelope `{error: {code, message, type, param, request_id, issues}}`; or, with a `dialect`,
 * an error in the form of that API, which may be a 200: `apiError(200, { dialect: slack(), code: 'ratelimited' })`.
 */
export function apiError(status: number, details: ApiErrorAnswer = {}): Answer {
  checkAnswer(status, 'apiError: status');
  const {
    code = `error_${status}`,
    message = `Answered ${status} by a test`,
    requestId = 'req_test',
    headers,
  } = details;
  const { type, param, issues, dialect } = details;
  if (dialect !== undefined) {
    const spoken = speak({ code, message, type, param, requestId, errors: issues }, dialect);
    return () => HttpResponse.json(spoken.body as null, { status, headers: { ...spoken.headers, ...headers } });
  }
  const error = { code, message, type, param, request_id: requestId, issues };
  return () => HttpResponse.json({ error }, { status, headers: { 'x-request-id': requestId, ...headers } });
}

/** 429 in the envelope, with `Retry-After`; the wait is in milliseconds, exact also for fractions of a second. */
export function tooManyRequests(
  retryAfterMs: number | undefined,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return apiError(429, {
    code: 'rate_limit_exceeded',
    type: 'rate_limit_error',
    message: 'Too many requests',
    headers: { ...(retryAfterMs !== undefined && retryAfter(retryAfterMs)), ...headers },
  });
}

/** `Retry-After` has whole seconds only; `retry-after-ms`, which some APIs send, is exact. */
export function retryAfter(ms: number): Readonly<Record<string, string>> {
  const seconds = { 'retry-after': String(Math.ceil(ms / 1000)) };
  return ms % 1000 === 0 ? seconds : { ...seconds, 'retry-after-ms': String(ms) };
}

/** No answer: the connection breaks, and `fetch` rejects. */
export function networkError(): Answer {
  return () => HttpResponse.error();
}

/** Never answers; a timeout, or the caller's abort, ends the request. */
export function hang(): Answer {
  return async (_request, moment) => {
    await moment.wait(Number.POSITIVE_INFINITY);
    return HttpResponse.error();
  };
}

/**
 * A delayed answer: `slow(200, 500)`, `slow(ok({id: 1}), 500)`.
 *
 * @param ms The delay until the headers.
 * @param bodyMs The delay from the headers and the first half of the body until the rest.
 */
export function slow(answer: Answer, ms: number, bodyMs = 0): Answer {
  checkAnswer(answer, 'slow: answer');
  for (const [path, value] of Object.entries({ ms, bodyMs })) {
    numberBetween(value, 0, Number.MAX_SAFE_INTEGER, `slow: ${path}`, 'milliseconds');
  }
  return async (request, moment) => {
    await moment.wait(ms);
    const response = await give(answer, request, moment);
    if (bodyMs === 0 || response.body === null) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const body = inTwoParts(bytes, async (controller) => {
      await moment.wait(bodyMs);
      controller.enqueue(bytes.slice(firstPart(bytes)));
      controller.close();
    });
    return new HttpResponse(body, { status: response.status, headers: response.headers });
  };
}

/** 200, and a body that breaks off in the middle: reading it rejects. */
export function truncated(json: unknown = { id: 1, items: ['cut', 'short'] }): Answer {
  const bytes = new TextEncoder().encode(JSON.stringify(json) ?? 'null');
  return (_request, { wait }) => {
    const body = inTwoParts(bytes, async (controller) => {
      await wait(1);
      controller.error(new TypeError('terminated'));
    });
    // The length of the whole body: on a platform where a broken stream looks complete, only this header shows that it
    // is not.
    const headers = { 'content-type': 'application/json', 'content-length': String(bytes.length) };
    return new HttpResponse(body, { headers });
  };
}

type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

/** The first half is sent at once: headers without a byte of their body would be held back. */
function inTwoParts(
  bytes: Uint8Array<ArrayBuffer>,
  rest: (controller: Controller) => Promise<void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(bytes.slice(0, firstPart(bytes))),
    pull: rest,
  });
}

const firstPart = (bytes: Uint8Array): number => Math.ceil(bytes.length / 2);

/** Implements {@link Moment.wait}: it ends when the wait, the request or the trip ends, whichever is first. */
export function momentOf(clock: Clock, request: Request, trip: Trip | undefined): Moment {
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (request.signal.aborted || trip?.state === 'over') return resolve();
      const wake = trip?.sleep();
      const done = (): void => {
        clock.clearTimer(timer);
        request.signal.removeEventListener('abort', done);
        wake?.();
        resolve();
      };
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(done, ms);
      request.signal.addEventListener('abort', done, { once: true });
      trip?.onOver(done);
    });
  return { clock, wait };
}
