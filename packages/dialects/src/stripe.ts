import type { Dialect } from '@holdfast/core';

/** Stripe: `Stripe-Should-Retry` decides; a conflict passes, such as that with the first request, which still runs. */
export function stripe(): Dialect {
  return {
    name: 'stripe',
    error: { code: ['error.code'], type: ['error.type'], param: ['error.param'], helpUrl: ['error.doc_url'] },
    verdicts: [
      { when: { code: 'lock_timeout' }, kind: 'rateLimited', applied: 'no' },
      { when: { status: 409 }, kind: 'conflict', retry: true },
      { when: { code: 'rate_limit' }, kind: 'rateLimited', applied: 'no' },
    ],
  };
}
