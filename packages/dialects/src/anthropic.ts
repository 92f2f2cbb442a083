import type { Dialect } from '@holdfast/core';

/** Anthropic: the class of an error is in `error.type`; an overloaded API has done nothing yet; a conflict is that of a lock. */
export function anthropic(): Dialect {
  const type = 'error.type';
  return {
    name: 'anthropic',
    error: { code: ['error.type'] },
    failure: { when: { path: 'type', is: 'error' }, in: 'streams' },
    verdicts: [
      { when: { path: type, is: 'overloaded_error' }, kind: 'overloaded', retry: true, applied: 'no' },
      { when: { path: type, is: 'api_error' }, kind: 'failed' },
      { when: { status: 409 }, kind: 'conflict', retry: true },
      { when: { status: 429, header: 'retry-after' }, kind: 'rateLimited' },
      { when: { code: 'rate_limit_error', text: /spend|credit|billing/i }, kind: 'quotaSpent', retry: false },
      { when: { status: 400, path: 'error.message', text: /credit balance/i }, kind: 'quotaSpent', retry: false },
    ],
  };
}
