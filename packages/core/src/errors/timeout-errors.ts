import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What the timeout errors are made from. */
export interface TimeoutErrorInit extends ResilienceErrorInit {
  /** The allowance that ran out, in milliseconds. */
  readonly limitMs: number;
}

/**
 * The `name` of both time limits: that of `AbortSignal.timeout()`, of ky and of got, so that a `catch` that compares
 * names works here, too. `code` and the class distinguish the two.
 */
const platformsName = 'TimeoutError';

/** One attempt took longer than `timeout`. */
export class AttemptTimeoutError extends ResilienceError {
  static {
    define(AttemptTimeoutError, platformsName, 'AttemptTimeoutError');
  }

  declare readonly code: 'ATTEMPT_TIMEOUT';
  /** The allowance that ran out, in milliseconds. */
  readonly limitMs: number;

  constructor(init: TimeoutErrorInit) {
    super({ ...init, code: 'ATTEMPT_TIMEOUT' });
    this.limitMs = init.limitMs;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), limitMs: this.limitMs };
  }
}

/** The whole call, its waits and attempts together, took longer than `totalTimeout`. */
export class DeadlineExceededError extends ResilienceError {
  static {
    define(DeadlineExceededError, platformsName, 'DeadlineExceededError');
  }

  declare readonly code: 'DEADLINE_EXCEEDED';
  /** The allowance that ran out, in milliseconds. */
  readonly limitMs: number;

  constructor(init: TimeoutErrorInit) {
    super({ ...init, code: 'DEADLINE_EXCEEDED' });
    this.limitMs = init.limitMs;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), limitMs: this.limitMs };
  }
}

/** No byte, or no event, came for longer than `idleTimeout` or `eventTimeout` while a reader waited for one. */
export class IdleTimeoutError extends ResilienceError {
  static {
    define(IdleTimeoutError, 'IdleTimeoutError');
  }

  declare readonly code: 'IDLE_TIMEOUT';
  /** The allowance that ran out, in milliseconds. */
  readonly limitMs: number;

  constructor(init: TimeoutErrorInit) {
    super({ ...init, code: 'IDLE_TIMEOUT' });
    this.limitMs = init.limitMs;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), limitMs: this.limitMs };
  }
}
