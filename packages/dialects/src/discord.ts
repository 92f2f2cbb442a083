import type { Dialect } from '@holdfast/core';

/** Discord: each route belongs to a bucket that the answer names; the body has a wait with a fraction. */
export function discord(): Dialect {
  return {
    name: 'discord',
    wait: [{ from: 'retry_after', unit: 's' }],
    quotas: [
      {
        bucket: { header: 'x-ratelimit-bucket' },
        limit: { header: 'x-ratelimit-limit' },
        remaining: { header: 'x-ratelimit-remaining' },
        reset: { from: { header: 'x-ratelimit-reset-after' }, unit: 's' },
      },
    ],
    verdicts: [{ when: { status: 429 }, kind: 'rateLimited', retry: true, applied: 'no' }],
  };
}
