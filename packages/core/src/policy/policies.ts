import type { Because } from '../kernel/decision.ts';
import { given } from '../kernel/given.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { integerAtLeast, OptionError, oneOf, optionsObject } from '../options/validate.ts';
import { type Backoff, exponentialBackoff } from './backoff.ts';
import type { Facts } from './facts.ts';

declare module '../kernel/call.js' {
  interface Call {
    /** The fallback of the policy that decided last. */
    fallback?: FallbackValue;
  }
}

/** The rule for one kind of outcome: an immutable value, made by {@link retry}, {@link refreshCredentials}, … */
export type Policy = RetryPolicy | RefreshCredentialsPolicy | FailFastPolicy | AcceptPolicy;

/** A policy, or a function that chooses one for an outcome; `undefined` leaves it to the next rule. */
export type PolicyOrFunction = Policy | ((outcome: Outcome, facts: Facts) => Policy | undefined);

/** A substitute answer: a `Response`, a value to be given as JSON, or a function of the error that makes either. */
export type FallbackValue = unknown;

export interface RetryPolicy {
  readonly kind: 'retry';
  readonly limit: number;
  /** Absent: the default of the status (1000 ms initially for 429, else 250 ms). */
  readonly backoff?: Backoff;
  readonly respectServerTiming: boolean | readonly number[];
  readonly methods: 'replayable' | 'any' | readonly string[];
  readonly fallback?: FallbackValue;
}

export interface RefreshCredentialsPolicy {
  readonly kind: 'refreshCredentials';
}

export interface FailFastPolicy {
  readonly kind: 'failFast';
  readonly fallback?: FallbackValue;
}

export interface AcceptPolicy {
  readonly kind: 'accept';
}

export interface RetryPolicyOptions {
  /** How many retries, attempt 1 not counted. @defaultValue 2 */
  readonly limit?: number;
  /**
   * @defaultValue `exponentialBackoff()`, for 429 with an `initialMs` of 1000; after a failed retry, the next one waits
   * until 520 to 920 ms after the first failure, so that it outlives a short interruption; and the last one that your own
   * policy orders is sent no sooner than ky's would be
   */
  readonly backoff?: Backoff;
  /** Wait for as long as the server asks, if it does. @defaultValue true */
  readonly respectServerTiming?: boolean;
  /** `replayable`: what may be sent again safely; `any`; or a list of methods. @defaultValue 'replayable' */
  readonly methods?: 'replayable' | 'any' | readonly string[];
  /** The answer when the retries have failed. */
  readonly fallback?: FallbackValue;
}

/**
 * Send the request again, after a wait.
 *
 * @throws TypeError or RangeError for options that are invalid, naming the option and its value.
 */
export function retry(options: RetryPolicyOptions = {}): RetryPolicy {
  optionsObject(options, 'retry', ['limit', 'backoff', 'respectServerTiming', 'methods', 'fallback']);
  const { limit = 2, backoff, respectServerTiming = true, methods = 'replayable', fallback } = options;
  oneOf(respectServerTiming, [true, false], 'retry: respectServerTiming');
  checkRetry({ limit, backoff, respectServerTiming, methods }, 'retry: ');
  return Object.freeze(
    given({ kind: 'retry', limit, backoff, respectServerTiming, methods: methodList(methods), fallback }),
  );
}

/** Get new credentials, once for all waiting calls, and send the request again. */
export function refreshCredentials(): RefreshCredentialsPolicy {
  return refreshCredentialsPolicy;
}

/** Do not send the request again: the error is final. */
export function failFast(options: { readonly fallback?: FallbackValue } = {}): FailFastPolicy {
  optionsObject(options, 'failFast', ['fallback']);
  const { fallback } = options;
  return fallback === undefined ? failFastPolicy : Object.freeze({ kind: 'failFast' as const, fallback });
}

/** The outcome is an answer, not an error: the response is returned unchanged. */
export function accept(): AcceptPolicy {
  return acceptPolicy;
}

/**
 * @throws TypeError or RangeError for a value that is neither a policy nor a function, and for a policy object with
 * invalid members.
 */
export function checkPolicy(policy: unknown, path: string): asserts policy is PolicyOrFunction {
  if (typeof policy === 'function') {
    if (policy !== retry && policy !== failFast) return;
    throw new OptionError(path, policy, `must be a policy; did you forget to call it? ${policy.name}()`);
  }
  const kind = (policy as Partial<Policy> | null | undefined)?.kind;
  if (typeof policy !== 'object' || kind === undefined || !policyKinds.includes(kind)) {
    throw new OptionError(
      path,
      policy,
      'must be a policy such as retry(), refreshCredentials(), failFast() or accept(), or a function that returns one',
    );
  }
  if (kind === 'retry') checkRetry(policy as RetryPolicy, `${path}.`);
}

type RetryFields = { readonly [Field in keyof Omit<RetryPolicy, 'kind' | 'fallback'>]: unknown };

function checkRetry({ limit, backoff, respectServerTiming, methods }: RetryFields, path: string): void {
  integerAtLeast(limit, 0, `${path}limit`);
  if (backoff !== undefined && typeof (backoff as Partial<Backoff> | null)?.delayMs !== 'function') {
    throw new OptionError(`${path}backoff`, backoff, 'must be a backoff such as exponentialBackoff({initialMs: 500})');
  }
  if (!Array.isArray(respectServerTiming)) oneOf(respectServerTiming, [true, false], `${path}respectServerTiming`);
  if (methods !== 'replayable' && methods !== 'any') checkMethods(methods, `${path}methods`, "'replayable', 'any' or ");
}

/** @throws TypeError for a value that is not a list of methods. */
export function checkMethods(methods: unknown, path: string, others = ''): asserts methods is readonly string[] {
  if (Array.isArray(methods) && methods.every((one) => typeof one === 'string')) return;
  throw new OptionError(path, methods, `must be ${others}a list such as ['GET', 'PUT']`);
}

const policyKinds: readonly Policy['kind'][] = ['retry', 'refreshCredentials', 'failFast', 'accept'];
const refreshCredentialsPolicy: RefreshCredentialsPolicy = Object.freeze({ kind: 'refreshCredentials' });
const failFastPolicy: FailFastPolicy = Object.freeze({ kind: 'failFast' });
const acceptPolicy: AcceptPolicy = Object.freeze({ kind: 'accept' });

const defaultBackoff: Backoff = exponentialBackoff();
const throttledBackoff: Backoff = exponentialBackoff({ initialMs: 1000 });

/** The backoff of a policy that names none: a 429 says that the server wants less, so it waits longer. */
export function backoffOf(policy: RetryPolicy, status: number | undefined): Backoff {
  return policy.backoff ?? (status === 429 ? throttledBackoff : defaultBackoff);
}

/** Methods as they stand in a request. */
export function methodList(methods: RetryPolicy['methods']): RetryPolicy['methods'] {
  return typeof methods === 'string' ? methods : Object.freeze(methods.map((one) => one.toUpperCase()));
}

/** Why the request is not sent again, as a code and as text. */
export type Obstacle = readonly [because: Because, words: string];

/** The policy for an outcome, and its name. */
export interface FoundPolicy {
  readonly policy: Policy;
  readonly rule: string;
  /** Why there is no other attempt, if the answer itself decided it. */
  readonly refusal?: Obstacle;
}
