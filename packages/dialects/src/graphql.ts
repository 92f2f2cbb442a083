import type { Dialect } from '@holdfast/core';

const limited = ['RATE_LIMITED', 'RATELIMITED', 'THROTTLED', 'graphql_rate_limit', 'MAX_COST_EXCEEDED'];
const signIn = ['UNAUTHENTICATED', 'AUTHENTICATION_ERROR'];
const invalid = ['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED', 'BAD_USER_INPUT', 'validation-failed'];

/** GraphQL over HTTP: `errors` in a 200 is a failure, and its code is in `extensions.code` or in `type`. */
export function graphql(): Dialect {
  return {
    name: 'graphql',
    error: {
      code: ['errors[0].extensions.code', 'errors[0].code', 'errors[0].type'],
      message: ['errors[0].message'],
      helpUrl: ['errors[0].extensions.documentation'],
    },
    failure: { when: { path: 'errors[0]' } },
    verdicts: [
      { when: { path: 'errors[0].type', is: 'RATE_LIMITED' }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: limited }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: signIn }, kind: 'unauthenticated' },
      { when: { code: ['FORBIDDEN', 'ACCESS_DENIED'] }, kind: 'forbidden' },
      { when: { code: ['NOT_FOUND'] }, kind: 'notFound' },
      { when: { code: invalid }, kind: 'invalid' },
      { when: { code: ['INTERNAL_SERVER_ERROR', 'INTERNAL_ERROR'] }, kind: 'failed' },
    ],
  };
}
