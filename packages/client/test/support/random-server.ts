import fc from 'fast-check';

/** How a connection of a random server goes. */
export type Course = Cut | (typeof refusals)[number];

/** An answer of which only a part arrives. */
export interface Cut {
  /** The share of its bytes that arrive. */
  readonly part: number;
  /** `failure`: the stream says by an event that the server has failed. */
  readonly end: 'end' | 'break' | 'stall' | 'failure';
  /** The bytes of a chunk. */
  readonly size: number;
}

const refusals = ['reset', 'hang', 'page', 500, 503, 404, 204] as const;

const anyCut = (ends: readonly Cut['end'][]): fc.Arbitrary<Cut> =>
  fc.record({
    part: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    end: fc.constantFrom(...ends),
    size: fc.integer({ min: 1, max: 40 }),
  });

export const anyCourse = (ends: readonly Cut['end'][]): fc.Arbitrary<Course> =>
  fc.oneof({ weight: 3, arbitrary: anyCut(ends) }, { weight: 1, arbitrary: fc.constantFrom(...refusals) });

export const whole: Cut = { part: 1, end: 'end', size: 64 };

/** The bodies of a random server. */
export class Bodies {
  /** How many have neither ended nor broken nor been cancelled. */
  open = 0;

  refuse(course: Exclude<Course, Cut>, signal: AbortSignal | undefined): Response | Promise<Response> {
    if (course === 'reset') throw reset();
    if (course === 'page') return new Response('<p>', { headers: { 'content-type': 'text/html' } });
    if (course !== 'hang') return new Response(null, { status: course });
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }

  send(bytes: Uint8Array, cut: Cut, signal: AbortSignal | undefined, init: ResponseInit = {}): Response {
    return new Response(this.#body(bytes, cut, signal), init);
  }

  #body(bytes: Uint8Array, { end, size }: Cut, signal: AbortSignal | undefined): ReadableStream {
    let at = 0;
    let isOpen = true;
    this.open++;
    const over = (): void => {
      if (isOpen) this.open--;
      isOpen = false;
    };
    return new ReadableStream(
      {
        start(controller) {
          // As the platform's own bodies do.
          signal?.addEventListener('abort', () => {
            if (isOpen) controller.error(signal.reason);
            over();
          });
        },
        pull(controller) {
          if (at < bytes.length) {
            controller.enqueue(bytes.slice(at, at + size));
            at += size;
            return undefined;
          }
          if (end === 'stall') return new Promise<void>(() => {});
          over();
          if (end === 'break') controller.error(reset());
          else controller.close();
          return undefined;
        },
        cancel: over,
      },
      { highWaterMark: 0 },
    );
  }
}

function reset(): Error {
  return Object.assign(new TypeError('terminated'), {
    cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
  });
}

/** The code of the failure of a connection that delivered nothing; `undefined` if it did not fail. */
export function failureOf(course: Course, expectsEnd: boolean): string | undefined {
  if (course === 204) return undefined;
  if (typeof course === 'number') return 'API_ERROR';
  if (course === 'reset') return 'NETWORK';
  if (course === 'hang') return 'ATTEMPT_TIMEOUT';
  if (course === 'page') return 'INVALID_BODY';
  if (course.end === 'end') return expectsEnd ? 'NETWORK' : undefined;
  return course.end === 'break' ? 'NETWORK' : course.end === 'stall' ? 'IDLE_TIMEOUT' : 'API_ERROR';
}

/** Would the policies send the request again? */
export function isTransient(course: Course): boolean {
  return course !== 404 && course !== 'page';
}

/** How a reading came out, by the model or in fact. */
export interface Result {
  readonly items: readonly string[];
  /** The code of the error, and of the error that caused an interruption. */
  readonly code?: string | undefined;
  readonly cause?: string | undefined;
  readonly requests: number;
}

/** Retries of the default policy. */
export const mostRetries = 2;
