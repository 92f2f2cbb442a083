import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What a {@link QueueRejectedError} is made from. */
export interface QueueRejectedErrorInit extends ResilienceErrorInit {
  readonly code: 'QUEUE_FULL' | 'QUEUE_TIMEOUT';
  /** The key of the queue. */
  readonly key: string;
  /** How many calls were waiting. */
  readonly queued?: number | undefined;
  /** The server's bucket that is paused. */
  readonly bucket?: string | undefined;
}

/** The limiter's queue was full (`QUEUE_FULL`), or the call would have waited too long (`QUEUE_TIMEOUT`). */
export class QueueRejectedError extends ResilienceError {
  static {
    define(QueueRejectedError, 'QueueRejectedError');
  }

  declare readonly code: 'QUEUE_FULL' | 'QUEUE_TIMEOUT';
  /** The key of the queue. */
  readonly key: string;
  /** How many calls were waiting. */
  declare readonly queued?: number;
  /** The bucket whose pause delays the call, if the server named it. */
  declare readonly bucket?: string;

  constructor(init: QueueRejectedErrorInit) {
    super(init);
    this.key = init.key;
    if (init.queued !== undefined) this.queued = init.queued;
    if (init.bucket !== undefined) this.bucket = init.bucket;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), key: this.key, queued: this.queued, bucket: this.bucket };
  }
}
