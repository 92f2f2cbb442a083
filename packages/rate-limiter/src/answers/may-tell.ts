import type { CallContext, Dialect, Outcome } from '@holdfast/core';

/** Is the outcome an answer? */
export type Heard = Extract<Outcome, { readonly kind: 'response' }>;

const quotaFields = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'];

/**
 * May the answer say something about waits or quotas? A failure may. Most successes say nothing about them, so only
 * four headers of a success are looked up.
 */
export function mayTell({ status, headers }: Heard, { settings }: CallContext): boolean {
  return (
    status >= 400 || quotaFields.some((name) => headers.has(name)) || Boolean(settings.dialects?.some(tellsQuotas))
  );
}

function tellsQuotas({ quotas }: Dialect): boolean {
  return quotas !== undefined;
}
