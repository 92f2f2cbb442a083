import type { RequestBody } from '../bodies/request-body.ts';
import type { CredentialsKeeper } from '../credentials/keeper.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Outcome } from '../kernel/outcome.ts';
import type { Handler } from '../kernel/pipeline.ts';
import type { Judgement } from '../policy/question.ts';
import type { AttemptEnd } from './attempt.ts';
import type { RetryBudget } from './budget.ts';
import type { Grant } from './waiting/grant.ts';

/** What the ring shares with others. */
export interface RetryRingOptions {
  readonly budget?: RetryBudget | undefined;
  readonly credentials?: RefreshableCredentials | undefined;
  /** Where they may go. */
  readonly authOrigins?: readonly string[];
}

/** What the ring needs of the keeper of credentials. */
export type RefreshableCredentials = Pick<
  CredentialsKeeper,
  'header' | 'refreshable' | 'canRefreshFor' | 'isFreshlyRefused' | 'refused' | 'refreshFor'
>;

/** The state of one call between its attempts. */
export interface Loop {
  readonly next: Handler;
  readonly context: CallContext;
  readonly ring: RetryRingOptions;
  request: Request;
  body: RequestBody;
  /** The request is kept whole, and clones of it are sent. */
  keep: boolean;
  /** The attempt that ended last. */
  end: AttemptEnd;
  /** Those that a policy ordered; an attempt after a refresh is none. */
  retries: number;
  refreshed: boolean;
  /** Leave of the retry budget, once the call has it. */
  grant?: Grant | undefined;
  /** How long it has waited for leave beyond its backoff, in milliseconds; until its next retry. */
  waitedMs?: number;
  /** The retry budget has counted the failure of the call. */
  isCounted?: boolean;
}

/** An outcome, and the policy engine's decision about it. */
export interface Answer {
  readonly outcome: Outcome;
  readonly judgement: Judgement;
}
