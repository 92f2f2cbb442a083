import type { ErrorCode } from './error-code.ts';
import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What the timeout errors are made from. */
export interface TimeoutErrorInit extends ResilienceErrorInit {
  /** The time limit, in milliseconds. */
  readonly limitMs: number;
}

/**
 * The `name` of both time limits: that of `AbortSignal.timeout()`, of ky and of got, so that a `catch` that compares
 * names works here, too. `code` and the class distinguish the two.
 */
const platformsName = 'TimeoutError';

/** What the errors of time limits have in common. */
abstract class TimeLimitError extends ResilienceError {
  /** The time limit, in milliseconds. */
  readonly limitMs: number;

  constructor(init: TimeoutErrorInit & { readonly code: ErrorCode }) {
    super(init);
    this.limitMs = init.limitMs;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), limitMs: this.limitMs };
  }
}

/** One attempt took longer than `timeout`. */
export class AttemptTimeoutError extends TimeLimitError {
  static {
    define(AttemptTimeoutError, platformsName, 'AttemptTimeoutError');
  }

  declare readonly code: 'ATTEMPT_TIMEOUT';

  constructor(init: TimeoutErrorInit) {
    super({ ...init, code: 'ATTEMPT_TIMEOUT' });
  }
}

/** The whole call, its waits and attempts together, took longer than `totalTimeout`. */
export class DeadlineExceededError extends TimeLimitError {
  static {
    define(DeadlineExceededError, platformsName, 'DeadlineExceededError');
  }

  declare readonly code: 'DEADLINE_EXCEEDED';

  constructor(init: TimeoutErrorInit) {
    super({ ...init, code: 'DEADLINE_EXCEEDED' });
  }
}

/** No byte, or no event, came for longer than `idleTimeout` or `eventTimeout` while a reader waited for one. */
export class IdleTimeoutError extends TimeLimitError {
  static {
    define(IdleTimeoutError, 'IdleTimeoutError');
  }

  declare readonly code: 'IDLE_TIMEOUT';

  constructor(init: TimeoutErrorInit) {
    super({ ...init, code: 'IDLE_TIMEOUT' });
  }
}
