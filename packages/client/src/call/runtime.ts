import type { Clock, Handler } from '@holdfast/core';
import type { CredentialsKeeper, EventHub, RetryBudget } from '@holdfast/core/internal';
import type { Features } from '../feature/feature.ts';
import type { CallsInFlight, CloseOptions } from './calls-in-flight.ts';
import type { ResolvedOptions } from './resolved-options.ts';

/** What the calls of one client share. */
export interface Runtime {
  readonly features: Features;
  readonly clock: Clock;
  readonly random: () => number;
  readonly hub: EventHub;
  readonly budget: RetryBudget | undefined;
  readonly credentials: CredentialsKeeper | undefined;
  /** The origins to which credentials may be sent. */
  readonly authOrigins: readonly string[];
  /** The composed pipeline. */
  readonly send: Handler;
  readonly pipeline: readonly string[];
  /** No ring around the limiter keeps answers, shares them or is the user's own: they all reach the face. */
  readonly handsAnswersOn: boolean;
  readonly resolved: ResolvedOptions;
  /** Every call that has not ended. */
  readonly calls: CallsInFlight;
  readonly isClosed: () => boolean;
  /** Ends every call, and those of the clients that were made from this one. */
  readonly close: (options?: CloseOptions) => Promise<void>;
}
