/**
 * Leave to retry. It belongs to one call and covers the retries of that call, so that a call which was let through is
 * not stopped halfway.
 */
export interface Grant {
  readonly line: GrantingLine;
  /** What each retry takes from the credit for probing. */
  readonly cost: number;
  /** How many retries it covers still. */
  left: number;
  /** How many went out under it. */
  taken: number;
  /** When it was given, and when it was last used, by the monotonic clock. */
  readonly givenAt: number;
  usedAt: number;
}

/** What a call with a grant came to. `handedOn`: nothing that says anything of the server, such as an abort. */
export type GrantEnd = 'answered' | 'failed' | 'handedOn';

/** The line that gave a grant, as far as the call that has it needs it. */
export interface GrantingLine {
  use(grant: Grant): void;
  retryFailed(startedAt: number, isCut: boolean): void;
  endGrant(grant: Grant, end: GrantEnd): void;
}
