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
