import type { Dialect } from '@holdfast/core';

/** X (Twitter): problem details whose type distinguishes a spent monthly cap from a window of fifteen minutes. */
export function x(): Dialect {
  return {
    name: 'x',
    error: { requestId: [{ header: 'x-transaction-id' }] },
    verdicts: [
      { when: { path: 'type', text: /usage-capped$/ }, kind: 'quotaSpent', retry: false },
      { when: { code: '88' }, kind: 'rateLimited', applied: 'no' },
      { when: { code: ['89', '32'] }, kind: 'unauthenticated' },
    ],
  };
}
