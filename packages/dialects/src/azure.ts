import type { Dialect } from '@holdfast/core';

/** Azure: 449 means "retry", and a rate limit has a code of its own in each service. */
export function azure(): Dialect {
  return {
    name: 'azure',
    error: {
      code: [{ header: 'x-ms-error-code' }],
      requestId: [{ header: 'x-ms-request-id' }, { header: 'apim-request-id' }, { header: 'x-ms-activity-id' }],
      issues: { list: 'error.details', path: 'target', message: 'message', code: 'code' },
    },
    verdicts: [
      { when: { status: 449 }, kind: 'conflict', retry: true },
      { when: { code: ['ServerBusy', 'ServerTimeout', 'OperationTimedOut'] }, kind: 'overloaded', retry: true },
      { when: { code: ['AuthenticationFailed', 'ExpiredAuthenticationToken'] }, kind: 'unauthenticated' },
    ],
  };
}
