import type { Dialect } from '@holdfast/core';

/** Cloudflare's API: a list of errors with numbers; 971 and 10429 are rate limits. */
export function cloudflare(): Dialect {
  return {
    name: 'cloudflare',
    error: { code: ['errors[0].code'], message: ['errors[0].message'], requestId: [{ header: 'cf-ray' }] },
    failure: { when: { path: 'success', is: false } },
    verdicts: [
      { when: { code: ['971', '10429'] }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: ['9109', '10000', '6003'] }, kind: 'unauthenticated' },
      { when: { code: ['7003', '7000'] }, kind: 'notFound' },
    ],
  };
}
