import { define, ResilienceError, type ResilienceErrorInit } from '../errors/resilience-error.ts';

/** What a {@link RequestRefusedError} is made from. */
export interface RequestRefusedErrorInit extends ResilienceErrorInit {
  readonly code: 'DISALLOWED_ORIGIN' | 'RESPONSE_TOO_LARGE';
  /** True if a redirect led to the refused URL. @defaultValue false */
  readonly redirected?: boolean | undefined;
}

/**
 * A limit that the user has set was reached: `allowedOrigins` (`DISALLOWED_ORIGIN`) or `maxResponseBytes`
 * (`RESPONSE_TOO_LARGE`), which has a default for the events and lines of streams.
 *
 * @remarks It is never retried. `DISALLOWED_ORIGIN` is thrown before anything is sent to that origin.
 */
export class RequestRefusedError extends ResilienceError {
  static {
    define(RequestRefusedError, 'RequestRefusedError');
  }

  declare readonly code: 'DISALLOWED_ORIGIN' | 'RESPONSE_TOO_LARGE';
  /** The server had answered with a redirect to the origin that was refused, so it may have acted on the request. */
  readonly redirected: boolean;

  constructor(init: RequestRefusedErrorInit) {
    super(init);
    this.redirected = init.redirected ?? false;
  }
}
