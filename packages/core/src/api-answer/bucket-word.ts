import type { CallContext } from '../kernel/call-context.ts';
import type { ResponseOutcome } from '../kernel/outcome.ts';
import type { ApiQuota } from './api-answer.ts';
import { bucketName, longestBucketName } from './bucket-name.ts';
import { isOfBucket, readAnyQuotas } from './read-any-quotas.ts';

/**
 * An API counts different requests separately: GitHub's search has a quota of its own, Discord counts by route, the
 * IETF draft names a policy and a partition. What an answer says about one such bucket says nothing about the others.
 */

/** A quota, with the name of the bucket that it counts, where the answer names one. */
export interface NamedQuota extends ApiQuota {
  /** Absent if the answer has several quotas (`requests`, `tokens`), but names no bucket. */
  readonly name?: string;
}

/** What one answer says about the bucket that its request was counted in. */
export interface BucketWord {
  /** The buckets that the answer names. */
  readonly names: readonly string[];
  readonly quotas: readonly NamedQuota[];
}

/**
 * The quotas of an answer, and the names of their buckets: `x-ratelimit-resource`, `x-ratelimit-bucket`,
 * `x-ratelimit-name` and the same without `x-`, or the policies and partition keys of the `RateLimit` field;
 * before these, what a dialect says.
 *
 * @remarks A failed answer has been read already; of a success the quotas are read here, once. Never throws, whatever
 * the headers contain.
 */
export function readBucketWord(outcome: ResponseOutcome, { call, settings }: CallContext): BucketWord {
  const { status, headers, api } = outcome;
  const parts = { status, headers, wallNowMs: call.clock.wallNow() };
  const quotas = api?.quotas ?? readAnyQuotas(parts, undefined, settings.dialects);
  if (quotas.some(isOfBucket)) {
    const ofBuckets = quotas.filter(isOfBucket).map((quota) => named(quota, quota.bucket));
    return { names: ofBuckets.flatMap(({ name }) => name ?? []), quotas: ofBuckets };
  }
  const name = bucketName(headers);
  return {
    names: name === undefined ? [] : [name],
    quotas: quotas.map((quota) => named(quota, (quota.bucket ?? name) === name ? name : undefined)),
  };
}

function named(quota: ApiQuota, name: string | undefined): NamedQuota {
  return name === undefined
    ? quota
    : { ...quota, bucket: quota.bucket ?? name, name: name.slice(0, longestBucketName) };
}
