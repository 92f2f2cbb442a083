import { anything, checkMembers, functionOf, milliseconds } from '../options/checks.ts';
import { OptionError, show } from '../options/validate.ts';
import { accountOf, type Credentials, type CredentialsContext } from './credentials.ts';
import { askedTokens, heldTokens, type KeptToken, type Token } from './tokens.ts';

type TokenSource = string | Token | (() => string | Token | Promise<string | Token>);

/** What a `refresh` function gets. */
export interface RefreshContext {
  /** Aborts when the refresh takes longer than `refreshTimeoutMs`, or the client is closed. */
  readonly signal: AbortSignal;
  /** The account whose token is needed, if the option `account` is a function. */
  readonly account?: string | undefined;
}

export interface BearerTokenOptions {
  /**
   * The first token, or a function that returns the current one. A function is called for each attempt, in the async
   * context of the call, so it may give each user a token of their own.
   */
  readonly token?: TokenSource;
  /**
   * Gets a new token in place of one that was refused or has expired. It runs in the async context of the first call that
   * needs it, once for all calls of an account.
   */
  readonly refresh?: (context: RefreshContext) => Token | string | Promise<Token | string>;
  /**
   * The account of the token. Called for each attempt, in the async context of the call. Tokens and refreshes are kept
   * per account, and what a response cache stores survives a refresh.
   *
   * @defaultValue If `token` is a function, each token that it returns has its own refreshes. Otherwise there is one
   * account; a response cache treats each of its tokens as another user's.
   */
  readonly account?: string | (() => string);
  /** How long before it expires a token is refreshed, while calls continue with the old one. @defaultValue 60_000 */
  readonly refreshAheadMs?: number;
  /** How long a refresh may take, in milliseconds. @defaultValue 10_000 */
  readonly refreshTimeoutMs?: number;
}

const where = 'bearerToken';
const defaultAheadMs = 60_000;
const defaultTimeoutMs = 10_000;

/**
 * `Authorization: Bearer …`, refreshed when it is refused, and ahead of its expiry.
 *
 * @throws TypeError or RangeError for options that are invalid, naming the option and its value.
 * @see RFC 6750 section 2.1
 */
export function bearerToken(options: BearerTokenOptions): Credentials {
  checkOptions(options);
  const { token, refresh, refreshAheadMs = defaultAheadMs, refreshTimeoutMs = defaultTimeoutMs } = options;
  let latest: Token | undefined;
  const kept = (given: Token, aheadMs = refreshAheadMs): KeptToken => {
    const { expiresAt = Number.POSITIVE_INFINITY } = given;
    const token = { ...given, staleAt: expiresAt - aheadMs };
    latest = token;
    return token;
  };
  const source = typeof token === 'function' ? token : undefined;
  const tokens = source
    ? askedTokens(async () => kept(checkedToken(await source(), `${where}.token()`)))
    : heldTokens(token === undefined ? undefined : kept(checkedToken(token, `${where}: token`)));

  return {
    header: 'authorization',
    ...accountOf(options.account, where),
    variesByCaller: source !== undefined,
    refreshTimeoutMs,
    get expiresAt() {
      return latest?.expiresAt;
    },
    get({ account }) {
      const current = tokens.current(account);
      return current instanceof Promise ? current.then(headerOf) : headerOf(current);
    },
    state(wallNow, { account, value } = {}) {
      if (refresh === undefined) return 'good';
      const current = tokens.known(account, value?.slice(scheme.length));
      // Before its first call, a function may return anything.
      if (current === undefined) return source ? 'good' : 'expired';
      if (wallNow < current.staleAt) return 'good';
      return wallNow < (current.expiresAt ?? Number.POSITIVE_INFINITY) ? 'stale' : 'expired';
    },
    ...(refresh && {
      async refresh({ signal, wallNow, account, value }: CredentialsContext) {
        const given = checkedToken(await refresh({ signal, account }), `${where}.refresh()`);
        // The part of a short life that is "ahead of expiry" is short too; else each call would refresh again.
        const quarterMs = Math.max(0, ((given.expiresAt ?? Number.POSITIVE_INFINITY) - wallNow) / 4);
        tokens.replace(account, value?.slice(scheme.length), kept(given, Math.min(refreshAheadMs, quarterMs)));
      },
    }),
  };
}

function checkOptions(options: BearerTokenOptions): void {
  const checks = {
    token: anything,
    refresh: functionOf('({signal}) => ({token, expiresAt})'),
    account: anything,
    refreshAheadMs: milliseconds(0, Number.MAX_SAFE_INTEGER),
    refreshTimeoutMs: milliseconds(1),
  };
  checkMembers(options, where, checks, ': ');
  if (options.token === undefined && options.refresh === undefined) {
    throw new TypeError(
      `${where}: needs a token or a refresh, such as bearerToken({refresh: async () => ({token, expiresAt})})`,
    );
  }
}

const scheme = 'Bearer ';

function headerOf(current: Token | undefined): string {
  if (current === undefined) throw new Error(`${where}: there is no token`);
  return `${scheme}${current.token}`;
}

/** What a user's function returned, described without the token itself. */
function checkedToken(given: unknown, path: string): Token {
  // Phrased so that redaction, which recognises secrets by the names before a colon, does not change it.
  const remedy = 'must return the token as a string, or {token, expiresAt} with expiresAt in milliseconds since 1970';
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
  return { token, expiresAt: inMilliseconds(expiresAt, path) };
}

/** 1973 in milliseconds is the year 5138 in seconds: between them, the unit shows by itself. */
const earliestMs = 1e11;

/** Most APIs use seconds; taken for milliseconds, they would make every token look expired in 1970. */
function inMilliseconds(expiresAt: number, path: string): number {
  if (expiresAt <= 0 || expiresAt >= earliestMs) return expiresAt;
  const [unit, remedy] =
    expiresAt >= 1e8
      ? ['seconds since 1970', 'multiply it by 1000']
      : ['seconds from now', 'give Date.now() + 1000 * expires_in'];
  throw new RangeError(
    `${path} has an expiresAt in ${unit}, it must be in milliseconds since 1970: ${remedy}, got ${expiresAt}`,
  );
}
