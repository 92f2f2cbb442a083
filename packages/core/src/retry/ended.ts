import type { RequestBody } from '../bodies/request-body.ts';
import type { CredentialsKeeper } from '../credentials/keeper.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Outcome } from '../kernel/outcome.ts';
import type { Judgement } from '../policy/question.ts';
import type { AttemptEnd } from './attempt.ts';
import type { RetryBudget } from './budget.ts';

/** What the retry ring shares with other rings. */
export interface RetryRingOptions {
  readonly budget?: RetryBudget | undefined;
  readonly credentials?: RefreshableCredentials | undefined;
  /** The origins to which credentials may be sent. */
  readonly authOrigins?: readonly string[];
}

/** What the ring needs of the keeper of credentials. */
export type RefreshableCredentials = Pick<
  CredentialsKeeper,
  'header' | 'refreshable' | 'canRefreshFor' | 'isFreshlyRefused' | 'refused' | 'refreshFor'
>;

/** An attempt that has ended, as the policy engine is asked about it. */
export interface Ended {
  readonly context: CallContext;
  readonly request: Request;
  readonly body: RequestBody;
  /** The request is kept unread, and clones of it are sent. */
  readonly keep: boolean;
  readonly end: AttemptEnd;
  /** The retries that a policy ordered; an attempt after a refresh is not one. */
  readonly retries: number;
  /** The credentials were refreshed after an earlier attempt. */
  readonly refreshed: boolean;
}

/** An outcome, and the policy engine's decision about it. */
export interface Answer {
  readonly outcome: Outcome;
  readonly judgement: Judgement;
  /** The attempt's outcome with its body in memory, where the call has waited for a grant. */
  readonly held?: Outcome;
}
