import type { Clock } from '@holdfast/core';
import { numberBetween, OptionError, type Token } from '@holdfast/core/internal';
import { apiError } from './answers.ts';
import { checkOptions, type MockHandler, type MockOptions, mockHandler, type Target } from './mock-handler.ts';
import { clockFor } from './virtual-time.ts';

export interface TokenExpiresOptions extends MockOptions {
  /** How long a token is valid, in milliseconds. @defaultValue 60_000 */
  readonly lifeMs?: number;
  /** Does `issue()` say when the token expires? If not, the client first learns of it by a 401. @defaultValue true */
  readonly tellsExpiry?: boolean;
}

/** An API whose tokens expire; it includes the server that issues them. */
export interface TokenHandler extends MockHandler {
  /** Issues a new token; use it as `bearerToken({ refresh: handler.issue })`. */
  readonly issue: () => Token;
  /** How many tokens were issued. */
  readonly issued: number;
  /** Every token issued so far is refused from now on. */
  expire(): void;
}

/**
 * Refuses requests whose bearer token is missing, unknown or expired, with 401 and `WWW-Authenticate`. The others are
 * answered by `answer`, or the next handler.
 *
 * @see RFC 6750 section 3
 */
export function tokenExpires(url: Target, options: TokenExpiresOptions = {}): TokenHandler {
  const where = 'tokenExpires';
  checkOptions(where, options, ['lifeMs', 'tellsExpiry']);
  const { lifeMs = 60_000, tellsExpiry = true } = options;
  numberBetween(lifeMs, 1, Number.MAX_SAFE_INTEGER, `${where}: lifeMs`, 'milliseconds');
  if (typeof tellsExpiry !== 'boolean')
    throw new OptionError(`${where}: tellsExpiry`, tellsExpiry, 'must be a boolean');
  /** Until when each token is valid, by the wall clock. */
  const good = new Map<string, number>();
  let issued = 0;

  const handler = mockHandler(
    where,
    url,
    options,
    (_number, request, { clock }) => {
      const sent = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
      if (sent === undefined) return unauthorized('missing_key', 'No token was sent', 'Bearer');
      if (isGood(sent, clock)) return undefined;
      const challenge = 'Bearer error="invalid_token", error_description="The token has expired"';
      return unauthorized('token_expired', 'The token has expired', challenge);
    },
    () => {
      good.clear();
      issued = 0;
    },
  );
  const isGood = (token: string, clock: Clock): boolean => clock.wallNow() < (good.get(token) ?? 0);
  const issue = (): Token => {
    const token = `token-${++issued}`;
    const expiresAt = clockFor(options.clock).wallNow() + lifeMs;
    good.set(token, expiresAt);
    return tellsExpiry ? { token, expiresAt } : { token };
  };
  return Object.defineProperties(handler, {
    issue: { value: issue },
    issued: { get: () => issued },
    expire: { value: () => good.clear() },
  }) as TokenHandler;
}

function unauthorized(code: string, message: string, challenge: string): ReturnType<typeof apiError> {
  return apiError(401, { code, message, type: 'authentication_error', headers: { 'www-authenticate': challenge } });
}
