import type { ServerTiming } from '../server-timing/wait.ts';

/** What the policy engine knows of a call besides the outcome. Plain data, so that any case can be replayed. */
export interface Facts {
  readonly method: string;
  readonly url: string;
  /** The attempt that had this outcome; 1 for the first. */
  readonly attempt: number;
  /** Retries used up so far; attempts after a refresh of credentials do not count. @defaultValue `attempt - 1` */
  readonly retries?: number;
  /** Milliseconds since the call began. */
  readonly elapsedMs: number;
  /** Milliseconds until the call's deadline; `Infinity` where it has none. */
  readonly remainingMs: number;
  /** May the request be sent again safely, whatever its outcome? By method, or by idempotency key. */
  readonly replayable: boolean;
  /** The body is a stream that can be sent only once: nothing makes it replayable. */
  readonly oneShotBody?: boolean;
  readonly idempotencyKey?: string;
  /** What the retry budget holds; `Infinity` without one. */
  readonly tokensLeft: number;
  /**
   * Does the call have a grant of the retry budget (`held`), or does it wait for the outcome of the retries under way
   * (`awaited`)?
   *
   * @defaultValue `held` with a token left; without one, a retry is refused
   */
  readonly grant?: 'held' | 'awaited';
  /**
   * A call to this origin has just failed although the server had asked for its retries at once. @defaultValue false
   */
  readonly nowInVain?: boolean;
  /** The shortest wait before a retry whose policy names no backoff, in milliseconds. @defaultValue 0 */
  readonly leastDelayMs?: number;
  /**
   * How long the call has waited for a grant beyond its backoff, in milliseconds. This time counts as backoff, too,
   * where a policy names none.
   */
  readonly waitedMs?: number;
  /** How long the call has waited between its attempts, in milliseconds; absent where that is not known. */
  readonly backedOffMs?: number;
  /** In [0, 1), or a function that gives it. */
  readonly random: number | (() => number);
  /** Are there credentials that can be refreshed? @defaultValue true */
  readonly refreshable?: boolean;
  /** Were they refreshed for this call already? */
  readonly refreshed?: boolean;
  /** What the caller's own `shouldRetry` said. */
  readonly shouldRetry?: boolean;
  /** A hook asked for a retry whatever the outcome, perhaps after a wait of its own. */
  readonly forced?: { readonly delayMs?: number };
  /** A client inside this one has retried it already, and given up. */
  readonly retriedBelow?: boolean;
  /** An SDK above this client is retrying the call itself. */
  readonly retriedAbove?: boolean;
  /** A wait that the server asked for other than by the answer's headers, such as a stream's `retry:` field. */
  readonly serverTiming?: ServerTiming;
  /** The wall clock, for server-given dates. @defaultValue the time of the response's own `Date`, else 0 */
  readonly wallNow?: number;
}
