import type { HeaderLines } from '../server-timing/header-lines.ts';
import type { AnswerParts, ApiQuota } from './api-answer.ts';
import { dialectQuotas } from './apply-dialect.ts';
import type { Dialect } from './dialect.ts';
import { isOfPolicy, readQuotas } from './read-quotas.ts';

/** The quotas that a dialect found. */
const byDialect = new WeakSet<ApiQuota>();

/** The quotas that the dialects find in their own places, or else those of the headers by the general rules. */
export function readAnyQuotas(
  parts: AnswerParts,
  data: unknown,
  dialects: readonly Dialect[] | undefined,
  headers: HeaderLines = parts.headers,
): readonly ApiQuota[] {
  const own = dialects?.flatMap((dialect) => dialectQuotas(dialect, { parts, data })) ?? [];
  for (const quota of own) byDialect.add(quota);
  return own.length > 0 ? own : readQuotas(headers, parts.wallNowMs, parts.status);
}

/** True if a quota itself says which bucket it counts: by the policy of a `RateLimit` field, or by a dialect. */
export function isOfBucket(quota: ApiQuota): boolean {
  return isOfPolicy(quota) || byDialect.has(quota);
}
