import type { Dialect } from '@holdfast/core';

/** Salesforce: a list at the root; the daily limit is a 403, a locked row may be retried. */
export function salesforce(): Dialect {
  return {
    name: 'salesforce',
    error: {
      code: ['[0].errorCode'],
      message: ['[0].message'],
      issues: { list: '[0].fields' },
    },
    verdicts: [
      { when: { code: 'REQUEST_LIMIT_EXCEEDED' }, kind: 'quotaSpent', retry: false },
      { when: { code: 'UNABLE_TO_LOCK_ROW' }, kind: 'conflict', retry: true, applied: 'no' },
      { when: { code: 'INVALID_SESSION_ID' }, kind: 'unauthenticated' },
      { when: { code: 'SERVER_UNAVAILABLE' }, kind: 'overloaded' },
    ],
    read({ data }) {
      const list = Array.isArray(data) ? (data as readonly Record<string, unknown>[]) : [];
      const issues = list.flatMap((entry) => {
        const { fields, message, errorCode } = entry ?? {};
        return (Array.isArray(fields) ? fields : []).map((path) => ({
          path: String(path),
          message: String(message),
          code: String(errorCode),
        }));
      });
      return issues.length === 0 ? undefined : { issues };
    },
  };
}
