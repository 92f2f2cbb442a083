import { OptionError } from '../options/validate.ts';

/**
 * Where a client's credentials come from. `bearerToken()` and `apiKey()` make one; anybody's own can take their place.
 */
export interface Credentials {
  /** The header they travel in, such as `authorization`. */
  readonly header: string;
  /** The header's value for a request that leaves now. */
  get(context: CredentialsContext): string | Promise<string>;
  /**
   * Gets new ones. Called once for any number of calls that wait, never twice at a time, and only while `get` still
   * gives what was refused. Absent: what is refused is final.
   */
  refresh?(context: CredentialsContext): Promise<void> | void;
  /** One attempt at a refresh may take this long, in milliseconds. @defaultValue 10_000 */
  readonly refreshTimeoutMs?: number;
  /** Are they good still, good but soon to be refreshed, or no good at all? @defaultValue 'good' */
  state?(wallNow: number): 'good' | 'stale' | 'expired';
  /**
   * Whose they are, where that outlasts a token: answers that a cache holds are then kept through a refresh.
   *
   * @defaultValue each value of the header is somebody else
   */
  account?(): string;
  /** When they expire, in wall clock milliseconds, where that is known. */
  readonly expiresAt?: number | undefined;
}

/** What a {@link Credentials} source is told. */
export interface CredentialsContext {
  /** Aborts when the refresh takes too long or the client is closed; never because one caller left. */
  readonly signal: AbortSignal;
  readonly wallNow: number;
}

/** The option `account`, as a member of {@link Credentials}. */
export function accountOf(account: unknown, where: string): Pick<Credentials, 'account'> {
  if (account === undefined) return {};
  if (typeof account === 'function') return { account: account as () => string };
  if (typeof account === 'string' && account !== '') return { account: () => account };
  throw new OptionError(`${where}: account`, account, 'must be a string, or a function that gives one');
}
