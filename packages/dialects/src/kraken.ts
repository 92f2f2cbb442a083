import type { Dialect } from '@holdfast/core';

/** Kraken: every answer is a 200; a text in `error` is a failure. */
export function kraken(): Dialect {
  const first = 'error[0]';
  return {
    name: 'kraken',
    error: { code: [first], message: [first] },
    failure: { when: { path: first } },
    verdicts: [
      { when: { path: first, text: /rate limit|too many|throttl/i }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { path: first, text: /^EService:(?:Unavailable|Busy)/i }, kind: 'overloaded' },
      { when: { path: first, text: /Invalid key|Invalid signature|Invalid nonce/i }, kind: 'unauthenticated' },
      { when: { path: first, text: /Permission denied/i }, kind: 'forbidden' },
      { when: { path: first, text: /Internal error/i }, kind: 'failed' },
      { when: { path: first }, kind: 'invalid' },
    ],
  };
}
