import { longestTimerMs } from '../kernel/clock.ts';
import { given } from '../kernel/given.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { type Check, checkMembers, either, functionOf, integer, must, number } from '../options/checks.ts';
import { defused } from '../options/defused.ts';
import { integerAtLeast, OptionError } from '../options/validate.ts';
import { type Backoff, cappedBackoff, customBackoff, type Jitter } from './backoff.ts';
import { isTimeoutCode } from './classify.ts';
import {
  backoffOf,
  checkMethods,
  type FoundPolicy,
  failFast,
  methodList,
  type RetryPolicy,
  retry,
} from './policies.ts';

/** The input of ky's `retry.shouldRetry`: it may order a retry, forbid it, or have no opinion. */
export type ShouldRetry = (state: {
  readonly error: Error;
  readonly retryCount: number;
}) => boolean | undefined | Promise<boolean | undefined>;

/** ky's `retry` option, as ky documents it. Only the fields that are given count; the others change nothing. */
export interface KyRetryOptions {
  readonly limit?: number | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly statusCodes?: readonly number[] | undefined;
  readonly afterStatusCodes?: readonly number[] | undefined;
  readonly maxRetryAfter?: number | undefined;
  readonly backoffLimit?: number | undefined;
  readonly delay?: ((attemptCount: number) => number) | undefined;
  readonly jitter?: boolean | ((delay: number) => number) | undefined;
  readonly retryOnTimeout?: boolean | undefined;
  readonly shouldRetry?: ShouldRetry | undefined;
}

/** ky's `retry` in our terms: it changes what the levels below decide, in the fields that it names. */
export interface RetryOverride {
  readonly maxRetryAfter?: number;
  readonly shouldRetry?: ShouldRetry;
  /** What `retry` says at the levels below no longer applies. */
  readonly replaces: boolean;
  /** The policy with the fields that are given. */
  change(policy: RetryPolicy, status: number | undefined): RetryPolicy;
  /** The policy for an outcome for which the levels below give `below`. */
  apply(below: FoundPolicy, outcome: Outcome): FoundPolicy;
}

/**
 * Translates ky's `retry`.
 *
 * @param replaces Whether it replaces what the levels below say, or only changes it.
 * @throws TypeError or RangeError for a field of the wrong type or out of range.
 */
export function translateKyRetry(option: number | KyRetryOptions, where: string, replaces = false): RetryOverride {
  const path = `${where}: retry`;
  const checked = checkedRetry(option, path);
  const { limit, methods, statusCodes, afterStatusCodes, maxRetryAfter, retryOnTimeout, shouldRetry } = checked;
  const statuses = statusCodes && Array.from(statusCodes);
  const backoff = translateBackoff(checked);
  const changes = given({
    limit,
    methods: methods && methodList(methods),
    respectServerTiming: afterStatusCodes && Array.from(afterStatusCodes),
  });
  const changesNothing = backoff === undefined && Object.keys(changes).length === 0;
  const change = (policy: RetryPolicy, status: number | undefined): RetryPolicy => ({
    ...policy,
    ...changes,
    ...(backoff && { backoff: backoff(backoffOf(policy, status)) }),
  });
  return {
    ...given({ maxRetryAfter, shouldRetry }),
    replaces,
    change,
    apply(below, outcome) {
      const { policy } = below;
      const status = outcome.kind === 'response' ? outcome.status : undefined;
      // Undefined where no list says anything about the outcome.
      const isListed = status !== undefined && status >= 400 ? statuses?.includes(status) : undefined;
      if (policy.kind !== 'retry') return isListed ? { policy: change(retry(), status), rule: 'retry' } : below;
      const isTimeout = outcome.kind === 'error' && isTimeoutCode(outcome.code);
      if (isListed === false || (isTimeout && retryOnTimeout === false))
        return { policy: failFast({ fallback: policy.fallback }), rule: 'retry' };
      return changesNothing && !isListed ? below : { policy: change(policy, status), rule: 'retry' };
    },
  };
}

const isStatusList = must(
  (value) => Array.isArray(value) && Array.from(value as readonly unknown[]).every(isStatus),
  'must be a list of statuses from 100 to 599',
);
const isJitter = must(
  (jitter) => typeof jitter === 'boolean' || typeof jitter === 'function',
  'must be true, false or a function (delay) => milliseconds',
);
/** Made once: a call may have a `retry` of its own. */
const checks: Readonly<Record<keyof KyRetryOptions, Check>> = {
  limit: integer(0),
  methods: checkMethods,
  statusCodes: isStatusList,
  afterStatusCodes: isStatusList,
  maxRetryAfter: number(0, Number.POSITIVE_INFINITY),
  backoffLimit: number(0, Number.POSITIVE_INFINITY),
  delay: functionOf('(attemptCount) => milliseconds'),
  jitter: isJitter,
  retryOnTimeout: either(true, false),
  shouldRetry: functionOf('({error, retryCount}) => boolean'),
};

/** All fields of ky's `retry`. */
export const kyRetryFields: readonly string[] = Object.keys(checks);

function checkedRetry(option: number | KyRetryOptions, path: string): KyRetryOptions {
  if (typeof option === 'number') {
    integerAtLeast(option, 0, path);
    return { limit: option };
  }
  if (typeof option !== 'object' || option === null || Array.isArray(option)) {
    throw new OptionError(path, option, `must be a number of retries, or an object with ${kyRetryFields.join(', ')}`);
  }
  checkMembers(option, path, checks);
  return option;
}

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

/** A given `delay` is exact unless `jitter` is given; `jitter` and `backoffLimit` alone shape the default waits. */
function translateBackoff({ delay, jitter, backoffLimit }: KyRetryOptions): ((below: Backoff) => Backoff) | undefined {
  if (delay === undefined && jitter === undefined && backoffLimit === undefined) return undefined;
  const maxMs = backoffLimit ?? longestTimerMs;
  if (delay === undefined && jitter === undefined) return (below) => cappedBackoff(below, maxMs);
  // ky's `backoffLimit` bounds the wait with its jitter, too. The backoff itself handles invalid results.
  const spread: Jitter =
    typeof jitter === 'function' ? (ms) => Math.min(defused(jitter(ms)), maxMs) : jitter ? 'full' : 'none';
  const waitMs = delay ?? ((retryCount: number) => 300 * 2 ** (retryCount - 1));
  return () => customBackoff(waitMs, { maxMs, jitter: spread });
}
