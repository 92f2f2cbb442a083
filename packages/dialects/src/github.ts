import type { Dialect } from '@holdfast/core';

/** GitHub: the secondary limit answers 403 or 429 without a header; its documentation asks for a minute. */
export function github(): Dialect {
  const secondary = { status: [403, 429], text: /secondary rate limit|abuse detection/i };
  return {
    name: 'github',
    wait: [{ ms: 60_000, when: secondary }],
    verdicts: [
      { when: secondary, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { status: 403, text: /rate limit/i }, kind: 'rateLimited', applied: 'no' },
    ],
  };
}
