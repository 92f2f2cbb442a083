import type { Dialect } from '@holdfast/core';

/** Notion: 529 means overloaded, and nothing was done yet; a conflict may be retried. */
export function notion(): Dialect {
  return {
    name: 'notion',
    verdicts: [
      { when: { code: 'service_overload' }, kind: 'overloaded', retry: true, applied: 'no' },
      { when: { code: 'service_unavailable' }, kind: 'overloaded' },
      { when: { code: 'conflict_error' }, kind: 'conflict', retry: true, applied: 'no' },
      { when: { code: 'rate_limited' }, kind: 'rateLimited', retry: true, applied: 'no' },
    ],
  };
}
