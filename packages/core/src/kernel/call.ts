import type { CallTrace } from './call-trace.ts';
import type { Clock } from './clock.ts';
import type { Decision } from './decision.ts';

/** One request on the wire, as it appears in an error's history. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly attempt: number;
  /** The status, where there was a response. */
  readonly status?: number;
  /** The error's code (`NETWORK`, `ATTEMPT_TIMEOUT`, …), where there was none. */
  readonly errorCode?: string;
  /** What the platform said, such as `ECONNREFUSED`. */
  readonly detail?: string;
  /** Milliseconds from the call's beginning to the attempt's. */
  readonly startedMs: number;
  /** Milliseconds that the attempt took. */
  readonly durationMs: number;
  /** What the policy engine decided about it; absent for a success that needed no decision. */
  readonly decision?: Decision;
}

/**
 * The facts of one call, shared by its context, its events and its errors: what was asked, and what happened so far.
 *
 * @remarks It is the one thing in a call that grows; everything else in a call's context is derived, never changed. A
 * feature that records something on a call declares the member in its own folder (`declare module`).
 */
export interface Call {
  /** Unique within the process. */
  readonly id: string;
  readonly method: string;
  /** With its secrets struck out. */
  readonly url: string;
  /** By the monotonic clock. */
  readonly startedAt: number;
  readonly clock: Clock;
  /** The history, appended to by the retry ring. */
  readonly attempts: AttemptRecord[];
  /** The last decision of the policy engine. */
  decision?: Decision | undefined;
  /** The caller's frames, until the call has succeeded: they keep everything alive that they refer to. */
  trace?: CallTrace | undefined;
  /** By the monotonic clock; absent while the call runs. */
  endedAt?: number | undefined;
}
