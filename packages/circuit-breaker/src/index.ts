import { circuitBreaker as ofThisPlatform } from '#circuit-breaker';
import type { CircuitBreaker, CircuitBreakerParts } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './options.ts';

export type { CircuitBreaker, CircuitBreakerParts, CircuitsByHand } from './circuit-breaker.ts';
export type { CircuitSnapshot } from './circuit-snapshot.ts';
export type { ChangeReason, CircuitFigures, CircuitState } from './circuit-state.ts';
export type { FleetConnection, FleetListener } from './fleet-connection.ts';
export type { CircuitBreakerOptions } from './options.ts';

/**
 * Creates a circuit breaker: two rings that share their circuits.
 *
 * @throws TypeError or RangeError for options that are invalid, naming path, value and remedy.
 * @example
 * ```ts
 * import { circuitBreaker } from '@holdfast/circuit-breaker';
 * import { attemptTimeout, compose, fetchTransport, retryRing } from '@holdfast/core';
 *
 * const breaker = circuitBreaker({ minimumCalls: 50 });
 * const send = compose([retryRing(), breaker.gate, breaker.strategy, attemptTimeout()], fetchTransport());
 * ```
 */
export const circuitBreaker: (options?: CircuitBreakerOptions, parts?: CircuitBreakerParts) => CircuitBreaker =
  // Re-exported here, since TypeScript's older module resolution cannot resolve the package's `imports` in its
  // declarations.
  ofThisPlatform;
