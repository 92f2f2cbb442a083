import type { CallContext, Dialect } from '@holdfast/core';
import type { ResponseOutcome } from '@holdfast/core/internal';

const quotaFields = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'];

/**
 * May the answer say something about waits or quotas? A failure may. Most successes say nothing about them, so only
 * four headers of a success are looked up.
 */
export function mayReportLimits({ status, headers }: ResponseOutcome, { settings }: CallContext): boolean {
  return (
    status >= 400 || quotaFields.some((name) => headers.has(name)) || Boolean(settings.dialects?.some(readsQuotas))
  );
}

function readsQuotas({ quotas }: Dialect): boolean {
  return quotas !== undefined;
}
