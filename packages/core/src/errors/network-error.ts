import { networkFailure } from '../platform/network.ts';
import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What a {@link NetworkError} is made from. */
export interface NetworkErrorInit extends ResilienceErrorInit {
  /** The platform's own code, such as `ECONNREFUSED`. */
  readonly reason?: string | undefined;
  /** A second try can't help: a bad scheme, a refused certificate. By default `false`. */
  readonly permanent?: boolean | undefined;
  /** Certainly nothing of this attempt reached the server, or was looked at by it. By default, what the cause's code says. */
  readonly neverSent?: boolean | undefined;
  /** Another server failed than the one that was asked: one to which it has redirected. By default `false`. */
  readonly elsewhere?: boolean | undefined;
}

/** No answer: refused, reset, DNS, TLS, or a body cut short. */
export class NetworkError extends ResilienceError {
  static {
    define(NetworkError, 'NetworkError');
  }

  declare readonly code: 'NETWORK';
  /** The platform's own code, such as `ECONNREFUSED`, where it gave one. */
  declare readonly reason?: string;
  /** A second try can't help. */
  readonly permanent: boolean;
  /** Certainly nothing of this attempt reached the server, or was looked at by it. */
  readonly neverSent: boolean;
  /** Another server failed than the one that was asked: one to which it has redirected. */
  readonly elsewhere: boolean;

  constructor(init: NetworkErrorInit) {
    super({ ...init, code: 'NETWORK' });
    if (init.reason !== undefined) this.reason = init.reason;
    this.permanent = init.permanent ?? false;
    this.neverSent = init.neverSent ?? networkFailure(init.cause).neverSent;
    this.elsewhere = init.elsewhere ?? false;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), reason: this.reason, permanent: this.permanent };
  }
}
