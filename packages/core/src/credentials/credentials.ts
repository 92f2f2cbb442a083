import { OptionError } from '../options/validate.ts';

/**
 * The source of a client's credentials. `bearerToken()` and `apiKey()` make one; a user's own object can take
 * their place. The object is the unit of sharing: clients that have the same one share its refreshes.
 */
export interface Credentials {
  /** The header that carries them, such as `authorization`. */
  readonly header: string;
  /** The header's value for a request that is sent now. Called for each attempt, in the caller's async context. */
  get(context: CredentialsContext): string | Promise<string>;
  /**
   * Gets new ones. Called once for any number of waiting calls, never twice at a time for one account (without
   * `account`: never twice at a time), and only while `get` still returns the refused value. It runs in the async
   * context of the first call that needs it. If absent, a refusal is final.
   */
  refresh?(context: CredentialsContext): Promise<void> | void;
  /** One attempt at a refresh may take this long, in milliseconds. @defaultValue 10_000 */
  readonly refreshTimeoutMs?: number;
  /**
   * Are the credentials valid, valid but soon to be refreshed, or invalid? Called before `get`, and again with the
   * value that `get` returned.
   *
   * @defaultValue 'good'
   */
  state?(wallNow: number, which?: Pick<CredentialsContext, 'account' | 'value'>): 'good' | 'stale' | 'expired';
  /**
   * The account of the credentials. Called for each attempt, in the caller's async context. Tokens and refreshes are
   * kept per account, and stored answers survive a refresh.
   *
   * @defaultValue each value of the header is another account's, as far as answers are shared
   */
  account?(): string;
  /**
   * true: the value that `get` returns depends on the caller, although no `account` names the caller. Each value has
   * its own refreshes, and `refresh` gets the value that it concerns.
   */
  readonly variesByCaller?: boolean;
  /** When the latest credentials expire, in wall clock milliseconds, where that is known. */
  readonly expiresAt?: number | undefined;
}

/** What a {@link Credentials} source gets. */
export interface CredentialsContext {
  /** Aborts when the refresh takes too long or the client is closed; never because one caller left. */
  readonly signal: AbortSignal;
  readonly wallNow: number;
  /** The account that `account()` returned for this call, where there is such a function. */
  readonly account?: string | undefined;
  /** For a refresh: the header's value that was refused or has expired, where there was one. */
  readonly value?: string | undefined;
}

/** The option `account`, as a member of {@link Credentials}. */
export function accountOf(account: unknown, where: string): Pick<Credentials, 'account'> {
  if (account === undefined) return {};
  if (typeof account === 'function') return { account: account as () => string };
  if (typeof account === 'string' && account !== '') return { account: () => account };
  throw new OptionError(`${where}: account`, account, 'must be a string, or a function that returns one');
}

/** The events of a refresh. */
export interface CredentialsEvents {
  'credentials.refreshed': { readonly expiresAt?: number };
  'credentials.failed': { readonly message: string; readonly nextTryAt: number };
}
