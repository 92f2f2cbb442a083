import { functionOption, numberBetween, OptionError, optionsObject, show } from '../options/validate.ts';
import { accountOf, type Credentials, type CredentialsContext } from './credentials.ts';

/** A token, and when it expires in wall clock milliseconds. */
export interface Token {
  readonly token: string;
  readonly expiresAt?: number | undefined;
}

type TokenSource = string | Token | (() => string | Token | Promise<string | Token>);

export interface BearerTokenOptions {
  /** The first token, or a function that gives today's, so that tokens rotate without a restart. */
  readonly token?: TokenSource;
  /** Gets a new one. */
  readonly refresh?: (context: { readonly signal: AbortSignal }) => Token | string | Promise<Token | string>;
  /**
   * Whose token it is: what a response cache holds is kept for an account through a refresh.
   *
   * @defaultValue each token is another account, since nobody says that the next one is for the same user
   */
  readonly account?: string | (() => string);
  /** So long before it expires a token is refreshed, while calls go on with the old one. @defaultValue 60_000 */
  readonly refreshAheadMs?: number;
  /** A refresh may take so long, in milliseconds. @defaultValue 10_000 */
  readonly refreshTimeoutMs?: number;
}

/**
 * `Authorization: Bearer …`, refreshed when it is refused, and ahead of its expiry.
 *
 * @throws TypeError or RangeError for options that make no sense, naming the option and its value.
 * @see RFC 6750 section 2.1
 */
export function bearerToken(options: BearerTokenOptions): Credentials {
  const where = 'bearerToken';
  optionsObject(options, where, ['token', 'refresh', 'account', 'refreshAheadMs', 'refreshTimeoutMs']);
  const { token, refresh, refreshAheadMs = 60_000, refreshTimeoutMs = 10_000 } = options;
  numberBetween(refreshAheadMs, 0, Number.MAX_SAFE_INTEGER, `${where}: refreshAheadMs`, 'milliseconds');
  numberBetween(refreshTimeoutMs, 1, 2 ** 31 - 1, `${where}: refreshTimeoutMs`, 'milliseconds');
  if (token === undefined && refresh === undefined) {
    throw new TypeError(
      `${where}: needs a token or a refresh, such as bearerToken({refresh: async () => ({token, expiresAt})})`,
    );
  }
  if (refresh !== undefined) functionOption(refresh, `${where}: refresh`, '({signal}) => ({token, expiresAt})');
  const source = typeof token === 'function' ? token : undefined;
  let current = token === undefined || source ? undefined : checkedToken(token, `${where}: token`);
  /** The part of a short life that is "ahead of expiry" is short too; else each call would refresh again. */
  let aheadMs = refreshAheadMs;

  return {
    header: 'authorization',
    ...accountOf(options.account, where),
    refreshTimeoutMs,
    get expiresAt() {
      return current?.expiresAt;
    },
    async get() {
      if (source && (current === undefined || refresh === undefined)) {
        const given = checkedToken(await source(), `${where}.token()`);
        // A refresh that ended meanwhile knows better.
        current = refresh === undefined ? given : (current ?? given);
      }
      if (current === undefined) throw new Error(`${where}: there is no token`);
      return `Bearer ${current.token}`;
    },
    state(wallNow) {
      if (refresh === undefined) return 'good';
      if (current === undefined) return source ? 'good' : 'expired';
      const { expiresAt } = current;
      if (expiresAt === undefined || wallNow < expiresAt - aheadMs) return 'good';
      return wallNow < expiresAt ? 'stale' : 'expired';
    },
    ...(refresh && {
      async refresh({ signal, wallNow }: CredentialsContext) {
        current = checkedToken(await refresh({ signal }), `${where}.refresh()`);
        const lifeMs = (current.expiresAt ?? Number.POSITIVE_INFINITY) - wallNow;
        aheadMs = Math.min(refreshAheadMs, Math.max(0, lifeMs / 4));
      },
    }),
  };
}

/** What a function of the user's gave, told without the token itself. */
function checkedToken(given: unknown, path: string): Token {
  // In words that redaction, which knows secrets by the names before a colon, leaves alone.
  const remedy = 'must give the token as a string, or {token, expiresAt} with expiresAt in milliseconds since 1970';
  const token = typeof given === 'string' ? given : (given as Partial<Token> | null | undefined)?.token;
  if (typeof token !== 'string' || token === '') {
    throw new OptionError(path, typeof given === 'string' ? '' : given, remedy);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError(`${path} has characters that no header may have`);
  const expiresAt = typeof given === 'string' ? undefined : (given as Token).expiresAt;
  if (expiresAt === undefined || expiresAt === null) return { token };
  if (typeof expiresAt !== 'number' || !Number.isFinite(expiresAt)) {
    throw new TypeError(`${path} has an expiresAt that is not in milliseconds since 1970, got ${show(expiresAt)}`);
  }
  return { token, expiresAt };
}
