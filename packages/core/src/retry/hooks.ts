import type { Outcome } from '../kernel/outcome.ts';

/** A retry asked for by a hook, whatever the outcome. */
export interface ForcedRetry {
  readonly kind: 'forcedRetry';
  readonly delayMs?: number;
  readonly request?: Request;
  readonly error: Error;
}

/**
 * Code outside that is called between the attempts. The retry ring runs the loop; an adapter (ky's) returns what its
 * users' hooks say.
 */
export interface RetryHooks {
  /** The retry was asked for before anything was sent, when a hook had answered in place of the server. */
  readonly forced?: ForcedRetry | undefined;
  /** Called with each response; may replace it, or ask for a retry. */
  afterResponse?(response: Response, request: Request, retryCount: number): Promise<Response | ForcedRetry>;
  /** Called before the policy engine: `true` orders a retry, `false` forbids it. */
  shouldRetry?(outcome: Outcome, request: Request, retryCount: number): Promise<boolean | undefined>;
  /** Called before each retry, after the wait: may replace the request, answer it, or stop the call by throwing. */
  beforeRetry?(error: Error, request: Request, retryCount: number): Promise<Request | Response | undefined>;
  /** The error that `beforeRetry` will be shown; made before the wait, while the response can still be read. */
  describe(failure: Outcome | ForcedRetry, request: Request): Promise<Error>;
}
