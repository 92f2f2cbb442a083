import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What a {@link CircuitOpenError} is made from. */
export interface CircuitOpenErrorInit extends ResilienceErrorInit {
  /** Milliseconds until the circuit lets a probe through. */
  readonly retryAfterMs: number;
  /** The key of the circuit, such as an origin. */
  readonly key: string;
}

/** The circuit is open: the call was rejected without touching the network. */
export class CircuitOpenError extends ResilienceError {
  static {
    define(CircuitOpenError, 'CircuitOpenError');
  }

  declare readonly code: 'CIRCUIT_OPEN';
  /** Milliseconds until the circuit lets a probe through. */
  readonly retryAfterMs: number;
  /** The key of the circuit, such as an origin. */
  readonly key: string;

  constructor(init: CircuitOpenErrorInit) {
    const retryAt = init.retryAt ?? init.call.clock.wallNow() + init.retryAfterMs;
    super({ ...init, code: 'CIRCUIT_OPEN', retryAt });
    this.retryAfterMs = init.retryAfterMs;
    this.key = init.key;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), retryAfterMs: this.retryAfterMs, key: this.key };
  }
}

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

/** The credentials could not be obtained or renewed; the `cause` says why. */
export class CredentialsError extends ResilienceError {
  static {
    define(CredentialsError, 'CredentialsError');
  }

  declare readonly code: 'CREDENTIALS';

  constructor(init: ResilienceErrorInit) {
    super({ ...init, code: 'CREDENTIALS' });
  }
}

/** The client was closed while the call waited, or before it began. */
export class ClientClosedError extends ResilienceError {
  static {
    define(ClientClosedError, 'ClientClosedError');
  }

  declare readonly code: 'CLIENT_CLOSED';

  constructor(init: ResilienceErrorInit) {
    super({ ...init, code: 'CLIENT_CLOSED' });
  }
}
