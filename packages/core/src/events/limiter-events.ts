/** What keeps a call waiting: the server asked for a pause, or has just ended one; a limit is used up; the server is in distress. */
export type QueuedBecause = 'paused' | 'resuming' | 'limit' | 'distress';

/** Which of a key's requests a pause concerns, where it does not concern all of them. */
interface OfBucket {
  /** The name that the server gave the bucket, or the method and the pattern of the path: `search`, `GET /orders/:id`. */
  readonly bucket?: string;
}

interface PauseFigures extends OfBucket {
  readonly key: string;
  readonly pauseMs: number;
  /** Wall clock, in milliseconds since 1970. */
  readonly pausedUntil: number;
}

/** The events of `@holdfast/rate-limiter`. */
export interface LimiterEvents {
  /**
   * A call waits for the limiter. `queued` is the number of waiting calls, `because` is what the first of them waits
   * for.
   */
  'permit.queued': OfBucket & { readonly key: string; readonly queued: number; readonly because: QueuedBecause };
  /** The call may go. A call that need not wait has no such event. */
  'permit.granted': { readonly key: string; readonly waitMs: number };
  /** The server asked for a pause, in an answer of this status, by this header. */
  'limiter.paused': PauseFigures & { readonly status?: number; readonly source: string };
  'limiter.resumed': OfBucket & { readonly key: string };
  /** The server is in distress, or slow after a pause: at most this many calls may be under way until it recovers. */
  'limiter.limited': { readonly key: string; readonly limitedTo: number; readonly because: 'distress' | 'resuming' };
  /** All calls may go again. */
  'limiter.released': { readonly key: string };
  /** Limits are not shared any more, since Redis cannot be reached. */
  'limiter.degraded': { readonly message: string };
  'limiter.recovered': object;
}
