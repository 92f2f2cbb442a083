import type { Dialect } from '@holdfast/core';

const family = (name: string, counts: 'requests' | 'cost'): NonNullable<Dialect['quotas']>[number] => ({
  limit: { header: `x-ratelimit-${name}-limit` },
  remaining: { header: `x-ratelimit-${name}-remaining` },
  reset: { from: { header: `x-ratelimit-${name}-reset` }, unit: 'epochMs' },
  counts,
});

/** Linear: a rate limit is a 400 with the code `RATELIMITED`; resets are milliseconds since 1970. */
export function linear(): Dialect {
  return {
    name: 'linear',
    error: { code: ['errors[0].extensions.code'], message: ['errors[0].message'] },
    failure: { when: { path: 'errors[0]' } },
    quotas: [family('requests', 'requests'), family('complexity', 'cost')],
    verdicts: [
      { when: { code: 'RATELIMITED' }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: 'AUTHENTICATION_ERROR' }, kind: 'unauthenticated' },
      { when: { code: 'FORBIDDEN' }, kind: 'forbidden' },
    ],
  };
}
