import type { Dialect } from '@holdfast/core';

const signIn = ['not_authed', 'invalid_auth', 'account_inactive', 'token_revoked', 'token_expired'];
const forbidden = ['missing_scope', 'no_permission', 'access_denied', 'not_allowed_token_type', 'restricted_action'];
const failed = ['internal_error', 'fatal_error', 'request_timeout'];

/** Slack: every answer is a 200; `ok: false` is a failure, distinguished by `error`. */
export function slack(): Dialect {
  return {
    name: 'slack',
    error: {
      code: ['error'],
      message: ['response_metadata.messages[0]', 'error'],
      scope: ['needed'],
      requestId: [{ header: 'x-slack-req-id' }],
    },
    failure: { when: { path: 'ok', is: false } },
    verdicts: [
      { when: { code: ['ratelimited', 'rate_limited'] }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: signIn }, kind: 'unauthenticated' },
      { when: { code: forbidden }, kind: 'forbidden' },
      { when: { path: 'error', text: /_not_found$/ }, kind: 'notFound' },
      { when: { code: 'service_unavailable' }, kind: 'overloaded' },
      { when: { code: failed }, kind: 'failed' },
      { when: { path: 'ok', is: false }, kind: 'invalid' },
    ],
  };
}
