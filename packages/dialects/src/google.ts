import type { Dialect } from '@holdfast/core';

const reason = 'error.errors[0].reason';
const info = 'error.details[@type$=ErrorInfo].reason';

/** Google: the reason among the errors or the details decides, since a 403 may be a rate limit or a spent quota. */
export function google(): Dialect {
  return {
    name: 'google',
    error: {
      code: [info, 'error.status', reason],
      requestId: ['error.details[@type$=RequestInfo].requestId'],
      helpUrl: ['error.details[@type$=Help].links[0].url'],
      issues: {
        list: 'error.details[@type$=BadRequest].fieldViolations',
        path: 'field',
        message: 'description',
        code: 'reason',
      },
    },
    failure: { when: { path: 'error.message' }, in: 'streams' },
    wait: [{ from: 'error.details[@type$=RetryInfo].retryDelay', unit: 'duration' }],
    verdicts: [
      {
        when: { path: reason, text: /^(?:userR|r)ateLimitExceeded$/ },
        kind: 'rateLimited',
        retry: true,
        applied: 'no',
      },
      { when: { path: reason, text: /^(?:dailyLimit|quota)Exceeded/ }, kind: 'quotaSpent', retry: false },
      { when: { status: 503, path: 'error.status', is: 'UNAVAILABLE' }, kind: 'overloaded' },
    ],
  };
}
