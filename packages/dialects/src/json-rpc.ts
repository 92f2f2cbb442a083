import type { Dialect } from '@holdfast/core';

/**
 * JSON-RPC 2.0 over HTTP: `error` in a 200 is a failure, distinguished by its number. A batch is one if all its calls
 * have failed with the same number; any other is an answer, with the results that there are.
 */
export function jsonRpc(): Dialect {
  return {
    name: 'jsonRpc',
    error: {
      code: ['error.code', '[*].error.code'],
      message: ['error.message', '[*].error.message'],
      helpUrl: ['error.data.see', '[*].error.data.see'],
    },
    failure: { when: { path: '[*].error.code' } },
    wait: [{ from: '[*].error.data.rate.backoff_seconds', unit: 's' }],
    verdicts: [
      { when: { code: ['-32005', '-32097'] }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: ['-32700', '-32600', '-32602'] }, kind: 'invalid' },
      { when: { code: '-32601' }, kind: 'notFound' },
      { when: { code: '-32603' }, kind: 'failed' },
    ],
  };
}
