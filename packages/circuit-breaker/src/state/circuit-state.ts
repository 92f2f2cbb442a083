import type { CallContext } from '@holdfast/core';
import type { Figures } from '../window/window-figures.ts';

/** A closed circuit lets every call through, an open one none, a half-open one a probe. */
export type CircuitState = 'closed' | 'open' | 'halfOpen';

/** The outcome of one attempt, for the circuit: a neutral one is not counted. */
export type CircuitOutcome = 'success' | 'failure' | 'neutral';

/** What the circuit gives an attempt that it lets through. */
export interface Pass {
  /** The era in which it begins. */
  readonly era: number;
  /** By the monotonic clock. */
  readonly startedAt: number;
  /** True when the probe's headers have arrived: then it does not prevent other probes. */
  hasHeaders?: boolean;
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

/** The figures of a circuit: of its window while it is closed, of its probes while it is half-open. */
export interface CircuitFigures extends Figures {
  /** Present if slow calls count. */
  readonly slowCalls?: number;
}

/** A change of state, with the figures that caused it. */
export interface StateChange extends CircuitFigures {
  readonly key: string;
  readonly state: CircuitState;
  readonly because: ChangeReason;
  /** Milliseconds until a probe is let through, if the circuit has opened. */
  readonly retryAfterMs?: number;
}

/** The attempt that caused a change. */
export type Cause = Pick<CallContext, 'call' | 'emit' | 'attempt'>;

/** Called with each change; a change that no attempt has caused comes without a cause. */
export type OnChange = (change: StateChange, cause: Cause | undefined) => void;
