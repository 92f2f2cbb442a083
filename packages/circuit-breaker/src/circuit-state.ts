import type { CallContext } from '@holdfast/core';
import type { Figures } from './window-figures.ts';

/** Closed lets everything through, open nothing, half-open a probe. */
export type CircuitState = 'closed' | 'open' | 'halfOpen';

/** What one attempt came to, for the circuit: a neutral one is as if it had never been. */
export type CircuitOutcome = 'success' | 'failure' | 'neutral';

/** An attempt's leave to go out. */
export interface Permit {
  /** The era that it begins in. */
  readonly era: number;
  /** By the monotonic clock. */
  readonly startedAt: number;
  /** The probe's headers have arrived, so it does not keep other probes from going. */
  isHeard?: boolean;
}

/** Why a circuit changed its state. */
export type ChangeReason =
  | 'failureRatio'
  | 'slowCallRatio'
  | 'probeFailed'
  | 'probeSucceeded'
  | 'openTimeOver'
  | 'byHand'
  | 'fleet';

/** What a circuit has seen: in its window while it is closed, of its probes while it is half-open. */
export interface CircuitFigures extends Figures {
  /** Where slow calls count. */
  readonly slowCalls?: number;
}

/** A change of state, with the figures that made it so. */
export interface StateChange extends CircuitFigures {
  readonly key: string;
  readonly state: CircuitState;
  readonly because: ChangeReason;
  /** Milliseconds until a probe is let through, where it opened. */
  readonly retryAfterMs?: number;
}

/** The attempt that brought a change about. */
export type Cause = Pick<CallContext, 'call' | 'emit' | 'attempt'>;

/** Hears of a change; one that no attempt brought about has no cause. */
export type Tell = (change: StateChange, cause: Cause | undefined) => void;
