import { longestTimerMs } from '../kernel/clock.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { type Check, checkMembers, either, functionOf, integer, number } from '../options/checks.ts';
import { defused } from '../options/defused.ts';
import { integerAtLeast, OptionError } from '../options/validate.ts';
import { type Backoff, cappedBackoff, customBackoff, type Jitter } from './backoff.ts';
import { isTimeoutCode } from './classify.ts';
import type { FoundPolicy } from './policies.ts';
import { backoffOf, checkMethods, failFast, methodList, type RetryPolicy, retry } from './policies.ts';

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

/** All fields of ky's `retry`. */
export const kyRetryFields = [
  'limit',
  'methods',
  'statusCodes',
  'afterStatusCodes',
  'maxRetryAfter',
  'backoffLimit',
  'delay',
  'jitter',
  'retryOnTimeout',
  'shouldRetry',
] as const;

/**
 * Translates ky's `retry`.
 *
 * @param replaces Whether it replaces what the levels below say, or only changes it.
 * @throws TypeError or RangeError for a field of the wrong type or out of range.
 */
export function translateKyRetry(option: number | KyRetryOptions, where: string, replaces = false): RetryOverride {
  const path = `${where}: retry`;
  const given = checkedRetry(option, path);
  const { limit, methods, statusCodes, afterStatusCodes, maxRetryAfter, retryOnTimeout, shouldRetry } = given;
  const statuses = statusList(statusCodes);
  const afterStatuses = statusList(afterStatusCodes);
  const backoff = translateBackoff(given);
  const changes: Partial<RetryPolicy> = {
    ...(limit !== undefined && { limit }),
    ...(methods !== undefined && { methods: methodList(methods) }),
    ...(afterStatuses && { respectServerTiming: afterStatuses }),
  };
  const changesNothing = backoff === undefined && Object.keys(changes).length === 0;
  const change = (policy: RetryPolicy, status: number | undefined): RetryPolicy => ({
    ...policy,
    ...changes,
    ...(backoff && { backoff: backoff(backoffOf(policy, status)) }),
  });
  return {
    ...(maxRetryAfter !== undefined && { maxRetryAfter }),
    ...(shouldRetry !== undefined && { shouldRetry }),
    replaces,
    change,
    apply(below, outcome) {
      const { policy } = below;
      const status = outcome.kind === 'response' ? outcome.status : undefined;
      const failed = status !== undefined && status >= 400;
      const listed = failed && (statuses?.includes(status) ?? false);
      if (policy.kind !== 'retry' && !listed) return below;
      const unlisted = failed && statuses !== undefined && !listed;
      const refused = unlisted || (retryOnTimeout === false && outcomeIsTimeout(outcome));
      if (refused)
        return { policy: failFast(policy.kind === 'retry' ? { fallback: policy.fallback } : {}), rule: 'retry' };
      if (changesNothing && !listed) return below;
      return { policy: change(policy.kind === 'retry' ? policy : retry(), status), rule: 'retry' };
    },
  };
}

const isStatusList: Check = (value, at) => void statusList(value as readonly number[], at);
/** Made once: a call may have a `retry` of its own. */
const checks: Readonly<Record<(typeof kyRetryFields)[number], Check>> = {
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

function outcomeIsTimeout(outcome: Outcome): boolean {
  return outcome.kind === 'error' && isTimeoutCode(outcome.code);
}

/** A given `delay` is exact unless `jitter` is given; `jitter` and `backoffLimit` alone shape the default waits. */
function translateBackoff(given: KyRetryOptions): ((below: Backoff) => Backoff) | undefined {
  const { delay, jitter, backoffLimit } = given;
  if (delay === undefined && jitter === undefined && backoffLimit === undefined) return undefined;
  const maxMs = Math.min(backoffLimit ?? longestTimerMs, longestTimerMs);
  const spread: Jitter =
    typeof jitter === 'function' ? (ms) => within(jitter(ms), maxMs) : jitter === true ? 'full' : 'none';
  if (delay !== undefined) return () => customBackoff(delay, { maxMs, jitter: spread });
  if (jitter === undefined) return (below) => cappedBackoff(below, maxMs);
  return () => customBackoff((retryCount) => 300 * 2 ** (retryCount - 1), { maxMs, jitter: spread });
}

/** ky's `backoffLimit` bounds the wait with its jitter, too. The backoff itself handles invalid results. */
function within(delayMs: number, maxMs: number): number {
  return Math.min(defused(delayMs), maxMs);
}

function isJitter(jitter: unknown, path: string): void {
  if (typeof jitter === 'boolean' || typeof jitter === 'function') return;
  throw new OptionError(path, jitter, 'must be true, false or a function (delay) => milliseconds');
}

/** The path is for the message; a list that was checked before needs none. */
function statusList(value: readonly number[] | undefined, path = ''): readonly number[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) {
    const statuses: readonly unknown[] = Array.from(value);
    if (statuses.every(isStatus)) return statuses;
  }
  throw new OptionError(path, value, 'must be a list of statuses from 100 to 599');
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}
