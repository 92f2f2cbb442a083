/**
 * Permission to retry. It belongs to one call and covers the retries of that call, so that a call which has begun to retry
 * is not stopped halfway.
 */
export interface Grant {
  readonly line: GrantingLine;
  /** How much credit for probing each retry takes. */
  readonly cost: number;
  /** How many more retries it covers. */
  left: number;
  /** How many retries were sent under it. */
  taken: number;
  /** When it was given, and when it was last used, by the monotonic clock. */
  readonly givenAt: number;
  usedAt: number;
}

/** How a call with a grant ended. `handedOn`: its end says nothing about the server, such as an abort. */
export type GrantEnd = 'answered' | 'failed' | 'handedOn';

/** How an attempt has failed. */
export interface HowFailed {
  /** It lost its connection before an answer. @defaultValue false */
  readonly isCut?: boolean;
  /** The server, or a gateway for it, did not answer in time. @defaultValue false */
  readonly isTimeout?: boolean;
}

/** The members of the line that a call with a grant needs. */
export interface GrantingLine {
  use(grant: Grant): void;
  retryFailed(startedAt: number, how: HowFailed): void;
  endGrant(grant: Grant, end: GrantEnd): void;
}
