import type { Dialect } from '@holdfast/core';

/** GitLab: `RateLimit-Name` names the bucket, and a merge request that is locked answers 409 for a moment. */
export function gitlab(): Dialect {
  return {
    name: 'gitlab',
    quotas: [
      {
        bucket: { header: 'ratelimit-name' },
        limit: { header: 'ratelimit-limit' },
        remaining: { header: 'ratelimit-remaining' },
        reset: { from: { header: 'ratelimit-reset' }, unit: 'epoch' },
      },
    ],
    verdicts: [{ when: { status: 409, text: /resource lock/i }, kind: 'conflict', retry: true, applied: 'no' }],
  };
}
