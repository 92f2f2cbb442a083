import type { Dialect } from '@holdfast/core';

const spent = ['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active'];

/** OpenAI and compatible APIs: a 429 may be a spent quota, for which no wait helps; a conflict is that of a lock. */
export function openai(): Dialect {
  return {
    name: 'openai',
    error: { code: ['error.code'], type: ['error.type'], param: ['error.param'] },
    failure: { when: { path: 'error.message' }, in: 'streams' },
    verdicts: [
      { when: { code: spent }, kind: 'quotaSpent', retry: false },
      { when: { path: 'error.type', is: 'insufficient_quota' }, kind: 'quotaSpent', retry: false },
      { when: { path: 'error.type', is: 'server_error' }, kind: 'failed' },
      { when: { status: 409 }, kind: 'conflict', retry: true },
    ],
  };
}
