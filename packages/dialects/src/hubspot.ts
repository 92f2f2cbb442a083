import type { Dialect } from '@holdfast/core';

/** HubSpot: `policyName` distinguishes the limit of ten seconds from the limit of a day. */
export function hubspot(): Dialect {
  const header = (name: string): { readonly header: string } => ({ header: `x-hubspot-ratelimit-${name}` });
  return {
    name: 'hubspot',
    error: { code: ['category', 'errorType'], requestId: ['correlationId'] },
    quotas: [
      { limit: header('max'), remaining: header('remaining') },
      { limit: header('daily'), remaining: header('daily-remaining') },
    ],
    verdicts: [
      { when: { status: 429, path: 'policyName', is: 'DAILY' }, kind: 'quotaSpent', retry: false },
      { when: { status: 429 }, kind: 'rateLimited', retry: true, applied: 'no' },
    ],
  };
}
