import type { ApiErrorAnswer } from './answers.ts';

/** One cause of an error status, as an API reports it. */
interface ReferenceError extends ApiErrorAnswer {
  readonly code: string;
  readonly message: string;
  /** The wait of `Retry-After`. */
  readonly waitMs?: number;
}

/** The statuses of the error reference, each with its usual causes. */
export const referenceErrors: Readonly<Record<number, readonly ReferenceError[]>> = {
  400: [
    {
      code: 'missing_field',
      message: 'The field amount is required',
      param: 'amount',
      issues: [{ path: 'amount', message: 'is required', code: 'missing_field' }],
    },
    { code: 'invalid_format', message: 'The body is not well-formed JSON' },
    { code: 'invalid_type', message: 'amount must be a number', param: 'amount' },
    { code: 'invalid_value', message: 'currency must be EUR or USD', param: 'currency' },
  ],
  401: [
    { code: 'missing_key', message: 'No credentials were sent', headers: { 'www-authenticate': 'Bearer' } },
    { code: 'invalid_key', message: 'The key is not known', headers: invalidToken('The key is not known') },
    { code: 'token_expired', message: 'The token has expired', headers: invalidToken('The token has expired') },
    {
      code: 'wrong_environment',
      message: 'This is a test key, and this is production',
      headers: invalidToken('The key belongs to another environment'),
    },
  ],
  403: [
    {
      code: 'missing_scope',
      message: 'The token lacks the scope orders:write',
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="orders:write"' },
    },
    { code: 'account_suspended', message: 'The account is suspended' },
    { code: 'feature_disabled', message: 'The feature is not enabled for this account' },
    { code: 'ip_not_allowed', message: 'Requests from this address are not allowed' },
  ],
  404: [
    { code: 'unknown_id', message: 'There is no such order', param: 'id' },
    { code: 'unknown_endpoint', message: 'There is no such endpoint' },
  ],
  410: [{ code: 'deleted', message: 'The order has been deleted', param: 'id' }],
  422: [
    {
      code: 'rule_violated',
      message: 'The order breaks a rule',
      issues: [
        { path: 'items.0.quantity', message: 'must be at most 10', code: 'too_large' },
        { path: 'delivery', message: 'is not possible in this country', code: 'not_deliverable' },
      ],
    },
    { code: 'duplicate', message: 'This order already exists', param: 'reference' },
    { code: 'invalid_transition', message: 'A paid order cannot be cancelled', param: 'status' },
    { code: 'constraint_violated', message: 'The customer does not exist', param: 'customer' },
  ],
  429: [
    {
      code: 'rate_limit_exceeded',
      message: 'Too many requests in this window',
      waitMs: 2000,
      headers: { 'ratelimit-policy': '"default";q=100;w=60', ratelimit: '"default";r=0;t=2' },
    },
    { code: 'concurrency_exceeded', message: 'Too many requests at once', waitMs: 1000 },
    { code: 'no_backoff', message: 'Retries came without a pause' },
  ],
  500: [
    { code: 'internal_error', message: 'Something broke' },
    { code: 'database_error', message: 'The database is in trouble' },
    { code: 'third_party_error', message: 'A service that is needed is down' },
    { code: 'glitch', message: 'A temporary fault' },
  ],
  503: [
    { code: 'maintenance', message: 'Planned maintenance', waitMs: 30_000 },
    { code: 'overload', message: 'Too busy', waitMs: 1000 },
    { code: 'deployment', message: 'A deployment is under way' },
  ],
};

function invalidToken(description: string): Readonly<Record<string, string>> {
  return { 'www-authenticate': `Bearer error="invalid_token", error_description="${description}"` };
}
