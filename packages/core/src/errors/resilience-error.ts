import type { AttemptRecord, Call } from '../kernel/call.ts';
import { type CallTrace, nameCaller, namesCaller } from '../kernel/call-trace.ts';
import type { Applied, Decision } from '../kernel/decision.ts';
import { summarizeCause } from '../redact/cause.ts';
import { redactText, shortened } from '../redact/redact.ts';
import { hasBrand, putBrand } from './brand.ts';
import type { ErrorCode } from './error-code.ts';
import { printed, reported } from './guides/printed.ts';
import type { Incident } from './incident.ts';
import { routeOf } from './route-template.ts';
import { safeCause } from './safe-cause.ts';
import { describeTimeline } from './timeline.ts';

/** What every error of Holdfast is made from. */
export interface ResilienceErrorInit {
  readonly call: Call;
  /** Subject, fact, measure; no trailing period. Secrets are struck out of it. */
  readonly message: string;
  readonly cause?: unknown;
  /** Did the server act on the request? By default, what the history of the call says. */
  readonly applied?: Applied | undefined;
  /** When it makes sense to try again, in wall clock milliseconds. By default, what the server asked for. */
  readonly retryAt?: number | undefined;
}

/**
 * In characters. The parts of a message are bounded separately, so this limit cuts off nothing that was meant to be
 * read.
 */
const longestMessage = 4000;

/** The members of the plain JSON, besides the cause. */
export const jsonMembers: readonly (keyof ResilienceError)[] = [
  ...(['name', 'code', 'message', 'callId', 'fingerprint', 'request', 'attempts', 'elapsedMs', 'decision'] as const),
  ...(['applied', 'retryAt', 'timeline', 'incident'] as const),
];

let visibleFacts: PropertyDescriptorMap;

/** The frames that an error's stack ends with; none for an error of another copy of the package. */
export let traceOf: (error: ResilienceError) => CallTrace | undefined;

/** The names by prototype, since the `name` of an error may differ from that of its class. */
const classNames = new WeakMap<object, string>();

/**
 * The root of all errors that Holdfast makes: the request, what happened, why it ended, and when to try again.
 *
 * @remarks It holds no headers and no bodies, so it can be logged unchanged; see {@link ResilienceError.supportReport}.
 */
export class ResilienceError extends Error {
  static {
    define(ResilienceError, 'ResilienceError');
    // Own and enumerable on each error, since structured loggers copy such members, and getters on a prototype are none.
    visibleFacts = {
      attempts: {
        enumerable: true,
        configurable: true,
        get(this: ResilienceError): readonly AttemptRecord[] {
          const { attempts } = this.#call;
          return attempts.some(({ detail }) => detail !== undefined) ? attempts.map(withoutSecrets) : attempts;
        },
      },
      decision: {
        enumerable: true,
        configurable: true,
        get(this: ResilienceError): Decision | undefined {
          return this.#call.decision;
        },
      },
    };
    traceOf = (error) => (#trace in error ? error.#trace : undefined);
    putBrand(ResilienceError.prototype);
    Object.defineProperty(ResilienceError.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: ResilienceError): string {
        return printed(this);
      },
    });
  }

  readonly code: ErrorCode;
  readonly callId: string;
  /** The call's history: each attempt's status or error code, its time, and what was decided. */
  declare readonly attempts: readonly AttemptRecord[];
  /** What the policy engine said last. */
  declare readonly decision: Decision | undefined;
  /** Its URL has its secrets struck out. */
  readonly request: { readonly method: string; readonly url: string };
  readonly #call: Call;
  readonly #applied: Applied | undefined;
  readonly #retryAt: number | undefined;
  readonly #trace: CallTrace | undefined;
  readonly #createdAt: number;
  readonly #createdAtWall: number;

  constructor(init: ResilienceErrorInit & { readonly code: ErrorCode }) {
    const { call, code } = init;
    super(
      shortened(redactText(init.message), longestMessage),
      init.cause === undefined ? undefined : { cause: safeCause(init.cause) },
    );
    this.code = code;
    this.callId = call.id;
    this.request = { method: call.method, url: call.url };
    this.#call = call;
    this.#applied = init.applied;
    this.#retryAt = init.retryAt;
    this.#createdAt = call.clock.now();
    this.#createdAtWall = call.clock.wallNow();
    Object.defineProperties(this, visibleFacts);
    this.#trace = call.trace;
    if (this.#trace) nameCaller(this, this.#trace);
  }

  /** Milliseconds from the call's beginning to its end. */
  get elapsedMs(): number {
    return (this.#call.endedAt ?? this.#createdAt) - this.#call.startedAt;
  }

  /**
   * Did the server act on the request?
   *
   * @remarks An earlier attempt whose effect is unknown keeps it `unknown`, even if the last attempt certainly did
   * nothing.
   */
  get applied(): Applied {
    const { attempts, decision } = this.#call;
    const last = this.#applied ?? decision?.applied ?? appliedUnasked(attempts.at(-1));
    const earlier = attempts.some((record) => record.decision?.applied === 'unknown');
    return last === 'no' && earlier ? 'unknown' : last;
  }

  /** When it makes sense to try again, in wall clock milliseconds; absent if it is not known. */
  get retryAt(): number | undefined {
    if (this.#retryAt !== undefined) return this.#retryAt;
    const wait = this.decision?.retryAfterMs;
    return wait === undefined ? undefined : this.#createdAtWall + wait;
  }

  /**
   * The open incident that the API reports, if the client reads about incidents, and an attempt of this call failed
   * because of the server. No call waits for that: if the answer has not come yet, this is set when it has.
   */
  get incident(): Incident | undefined {
    return this.#call.outage?.incident;
  }

  /**
   * The text by which error trackers group errors: class, code, method, host, and the path with `:id` in place of what
   * differs from request to request, separated by spaces. The code of an `ApiError` has the status behind it.
   *
   * @example
   * ```ts
   * import { isResilienceError } from 'holdfast';
   *
   * // `NetworkError NETWORK GET api.example.com /orders/:id`, as Sentry's `beforeSend` takes it.
   * const groupOf = (error: unknown) => (isResilienceError(error) ? error.fingerprint.split(' ') : undefined);
   * ```
   */
  get fingerprint(): string {
    const { method, url } = this.request;
    const { host, path } = routeOf(url);
    const type = classNames.get(Object.getPrototypeOf(this) as object) ?? this.name;
    return [type, this.code, method, host, path].join(' ');
  }

  /** When the error was made, in wall clock milliseconds. */
  get occurredAt(): number {
    return this.#createdAtWall;
  }

  /** What happened, line by line, as `console.log(error)` prints it. */
  get timeline(): readonly string[] {
    return describeTimeline(this.#call, this.code, this.elapsedMs);
  }

  /** The facts as plain JSON: no secrets, no bodies, no stack; the cause by name and message. */
  toJSON(): Record<string, unknown> {
    return { ...picked(this, jsonMembers), cause: summarizeCause(this.cause) };
  }

  /** The facts as plain text, to paste into a ticket for the API's support. No secrets. */
  supportReport(): string {
    return reported(this);
  }
}

/** The members of these names as a plain object. */
export function picked<T extends object>(error: T, names: readonly (keyof T)[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, error[name]]));
}

/** Puts a class's name on its prototype, so that it survives minifiers and costs each error nothing. */
export function define(type: { readonly prototype: Error }, name: string, className: string = name): void {
  classNames.set(type.prototype, className);
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true });
}

/**
 * Puts the caller's frames on a stack again: Node's fetch replaces the stack of every error that it rejects with, even
 * that of an abort's reason. So the transport calls this for each such reason.
 */
export function restoreCaller(error: unknown): void {
  const trace = isResilienceError(error) ? traceOf(error) : undefined;
  if (trace && !namesCaller(error as Error, trace)) nameCaller(error as Error, trace);
}

/**
 * Is it an error of Holdfast, or a `TypeError` of `client.fetch` whose `cause` is one? Works across copies of the
 * package, and never throws.
 */
export function isResilienceError(error: unknown): error is ResilienceError {
  return hasBrand(error);
}

const carried = Symbol.for('holdfast.carried');

/**
 * The typed error: the error itself, or what a `TypeError` of `client.fetch` carries; `undefined` for any other error.
 *
 * @example
 * ```ts
 * import { createResilientClient, resilienceErrorOf } from 'holdfast';
 *
 * const { fetch } = createResilientClient();
 * await fetch('https://api.example.com/').catch((error) => console.log(resilienceErrorOf(error)?.code));
 * ```
 */
export function resilienceErrorOf(error: unknown): ResilienceError | undefined {
  if (!isResilienceError(error)) return undefined;
  return (error as { readonly [carried]?: ResilienceError })[carried] ?? error;
}

/** A message of the platform may contain any text. */
function withoutSecrets(record: AttemptRecord): AttemptRecord {
  return record.detail === undefined ? record : { ...record, detail: redactText(record.detail) };
}

/**
 * Did the server act, where no policy was asked? Then nothing was sent, the attempt is under way, or it succeeded and
 * the body failed afterwards.
 */
function appliedUnasked(last: AttemptRecord | undefined): Applied {
  if (last === undefined) return 'no';
  return last.status !== undefined && last.status < 400 ? 'yes' : 'unknown';
}
