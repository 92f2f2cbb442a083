import type { Dialect } from '@holdfast/core';

/** Jira Cloud: messages in a list, problems by field, and the reason of a limit in a header. */
export function jira(): Dialect {
  return {
    name: 'jira',
    error: {
      code: [{ header: 'ratelimit-reason' }],
      message: ['errorMessages[0]', 'message'],
      requestId: [{ header: 'atl-traceid' }, { header: 'x-arequestid' }],
    },
    verdicts: [{ when: { status: 429 }, kind: 'rateLimited', retry: true, applied: 'no' }],
  };
}
