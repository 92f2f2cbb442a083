import type { AttemptRecord } from '../kernel/call.ts';
import { nameCaller } from '../kernel/call-trace.ts';
import type { Applied, Decision } from '../kernel/decision.ts';
import type { ErrorCode } from './error-code.ts';
import { printed } from './guides/printed.ts';
import type { Incident } from './incident.ts';
import {
  isResilienceError,
  jsonMembers,
  type ResilienceError,
  resilienceErrorOf,
  traceOf,
} from './resilience-error.ts';

/**
 * A typed error in the form in which `fetch` rejects: a `TypeError`.
 *
 * Code that is written for fetch distinguishes a request without an answer from a bug by `error instanceof TypeError`
 * or `error.name`, and reports the constructor's name. So `client.fetch` rejects with a TypeError, and the typed error
 * is its `cause`. The members of the typed error can be read here as well, so that `isResilienceError(error)` keeps its
 * promise.
 */
class FetchError extends TypeError implements Omit<ResilienceError, 'name' | 'message' | 'stack' | 'cause'> {
  static {
    const { prototype } = FetchError;
    // A TypeError has a name and a message of its own.
    for (const fact of [...jsonMembers, 'occurredAt'] as const) {
      if (fact in prototype) continue;
      Object.defineProperty(prototype, fact, {
        get(this: FetchError): unknown {
          return this.#typed[fact];
        },
        configurable: true,
      });
    }
    Object.defineProperty(prototype, 'constructor', { value: TypeError });
    Object.defineProperty(prototype, Symbol.for('holdfast.error'), { value: true });
    Object.defineProperty(prototype, Symbol.for('holdfast.carried'), {
      get(this: FetchError): ResilienceError {
        // A Proxy around the error has no private members.
        return #typed in this ? this.#typed : ((this as Error).cause as ResilienceError);
      },
    });
    Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: FetchError): string {
        return `TypeError: ${printed(this.#typed)}`;
      },
    });
  }

  declare readonly code: ErrorCode;
  declare readonly callId: string;
  declare readonly request: ResilienceError['request'];
  declare readonly attempts: readonly AttemptRecord[];
  declare readonly decision: Decision | undefined;
  declare readonly elapsedMs: number;
  declare readonly applied: Applied;
  declare readonly retryAt: number | undefined;
  declare readonly incident: Incident | undefined;
  declare readonly occurredAt: number;
  declare readonly fingerprint: string;
  declare readonly timeline: readonly string[];
  readonly #typed: ResilienceError;

  constructor(typed: ResilienceError, message: string) {
    super(message, { cause: typed });
    this.#typed = typed;
    const trace = traceOf(typed);
    if (trace) nameCaller(this, trace);
    // The members of the typed error's class, such as `limitMs`; not enumerable, since a TypeError shows none.
    for (const [key, value] of Object.entries(typed)) {
      if (!(key in this)) Object.defineProperty(this, key, { value, configurable: true, writable: true });
    }
  }

  toJSON(): Record<string, unknown> {
    return this.#typed.toJSON();
  }

  supportReport(): string {
    return this.#typed.supportReport();
  }
}

/**
 * These are thrown unchanged: a limit that the caller has set has ended the call, or `requestSchema` has refused the
 * body, which is an `ApiError` with a status and a response of its own.
 */
const asTheyAre: ReadonlySet<string> = new Set([
  'DISALLOWED_ORIGIN',
  'RESPONSE_TOO_LARGE',
  'IDLE_TIMEOUT',
  'API_ERROR',
]);

/**
 * The error with which a function that replaces `fetch` rejects: a `TypeError` whose `cause` is the typed error. Other
 * errors stay unchanged, and so do `RequestRefusedError`, `IdleTimeoutError` and `ApiError`.
 *
 * @param message What the platform says. @defaultValue the message of the typed error; of a network failure after the
 * words of Node's fetch, by which SDKs tell it from a bug of theirs
 */
export function asFetchError(error: unknown, message?: string): unknown {
  if (!isResilienceError(error) || resilienceErrorOf(error) !== error || asTheyAre.has(error.code)) return error;
  return new FetchError(
    error,
    message ?? (error.code === 'NETWORK' ? `fetch failed: ${error.message}` : error.message),
  );
}
