import { networkFailure } from '../platform/network.ts';
import { isLikeNetworkError } from './like-network-errors.ts';
import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What a {@link NetworkError} is made from. */
export interface NetworkErrorInit extends ResilienceErrorInit {
  /** The platform's own code, such as `ECONNREFUSED`. */
  readonly reason?: string | undefined;
  /** Another attempt can't help: a bad scheme, a refused certificate. By default `false`. */
  readonly permanent?: boolean | undefined;
  /** Certainly nothing of this attempt reached the server, or was looked at by it. By default, what the cause's code says. */
  readonly neverSent?: boolean | undefined;
  /** Another server failed than the requested one: one to which it redirected. By default `false`. */
  readonly elsewhere?: boolean | undefined;
}

/**
 * No answer: refused, reset, DNS, TLS, or a body cut short.
 *
 * @remarks ky's hooks are shown ky's own `NetworkError`; `instanceof` holds for it, too.
 */
export class NetworkError extends ResilienceError {
  static {
    define(NetworkError, 'NetworkError');
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one has other instances
    return isInstance(this, value) || (this === NetworkError && isLikeNetworkError(value));
  }

  declare readonly code: 'NETWORK';
  /** The platform's own code, such as `ECONNREFUSED`, where it gave one. */
  declare readonly reason?: string;
  /** Another attempt can't help. */
  readonly permanent: boolean;
  /** Certainly nothing of this attempt reached the server, or was looked at by it. */
  readonly neverSent: boolean;
  /** Another server failed than the requested one: one to which it redirected. */
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

function isInstance(type: typeof NetworkError, value: unknown): boolean {
  return Function.prototype[Symbol.hasInstance].call(type, value);
}
