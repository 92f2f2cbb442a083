import type { CallContext } from '../kernel/call-context.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { bucketOf, readServiceLimits } from '../server-timing/rate-limit-fields.ts';
import type { ApiQuota } from './api-answer.ts';
import { dialectQuotas } from './apply-dialect.ts';
import { bucketName, longestBucketName } from './bucket-name.ts';
import type { Dialect } from './dialect.ts';
import { readQuotas } from './read-quotas.ts';

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

type ResponseOutcome = Extract<Outcome, { readonly kind: 'response' }>;

/**
 * Reads the quotas of an answer, and the names of their buckets: `x-ratelimit-resource`, `x-ratelimit-bucket`,
 * `x-ratelimit-name` and the same without `x-`, or the policies and partition keys of the `RateLimit` field;
 * before these, what a dialect says.
 *
 * @remarks Never throws, whatever the headers hold. A limit of 0 means "unlimited" and is left out.
 */
export function readBucketWord(outcome: ResponseOutcome, { call, settings }: CallContext): BucketWord {
  const { headers, api } = outcome;
  const wallNowMs = call.clock.wallNow();
  const told = quotasByDialect(outcome, wallNowMs, settings.dialects);
  if (told.length > 0) {
    const quotas = told.map((quota) => named(quota, quota.bucket));
    return { names: quotas.flatMap(({ name }) => name ?? []), quotas };
  }
  const quotas = api?.quotas ?? readQuotas(headers, wallNowMs);
  const names = readServiceLimits(headers).flatMap((service) => bucketOf(service) ?? []);
  if (names.length > 0) {
    const ofPolicies = quotas.filter(({ bucket }) => bucket !== undefined && names.includes(bucket));
    return { names, quotas: ofPolicies.map((quota) => named(quota, quota.bucket)) };
  }
  const name = bucketName(headers);
  return {
    names: name === undefined ? [] : [name],
    quotas: quotas.map((quota) => named(quota, (quota.bucket ?? name) === name ? name : undefined)),
  };
}

/** The quotas that a dialect finds in its own places: it names the bucket if it knows one. */
function quotasByDialect(
  { status, headers, api }: ResponseOutcome,
  wallNowMs: number,
  dialects: readonly Dialect[] = [],
): readonly ApiQuota[] {
  if (!dialects.some(({ quotas }) => quotas !== undefined)) return [];
  const reading = { parts: { status, headers, wallNowMs }, data: api?.data };
  return dialects.flatMap((dialect) => dialectQuotas(dialect, reading));
}

function named(quota: ApiQuota, name: string | undefined): NamedQuota {
  return name === undefined
    ? quota
    : { ...quota, bucket: quota.bucket ?? name, name: name.slice(0, longestBucketName) };
}
