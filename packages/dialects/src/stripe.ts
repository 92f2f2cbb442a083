import type { Dialect } from '@holdfast/core';

/** Stripe: `Stripe-Should-Retry` decides; a key that is in use means that the first request still runs. */
export function stripe(): Dialect {
  return {
    name: 'stripe',
    error: { code: ['error.code'], type: ['error.type'], param: ['error.param'], helpUrl: ['error.doc_url'] },
    verdicts: [
      { when: { code: 'lock_timeout' }, kind: 'rateLimited', applied: 'no' },
      { when: { code: 'idempotency_key_in_use' }, kind: 'conflict', retry: true },
      { when: { code: 'rate_limit' }, kind: 'rateLimited', applied: 'no' },
    ],
  };
}
