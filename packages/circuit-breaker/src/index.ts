import { circuitBreaker as ofThisPlatform } from '#circuit-breaker';
import { type CircuitBreakerOptions, resolveOptions } from './options/options.ts';
import { byHand } from './rings/by-hand.ts';
import type { CircuitBreaker, CircuitBreakerParts } from './rings/circuit-breaker.ts';

export type { FleetConnection, FleetListener } from './fleet/fleet-connection.ts';
export type { CircuitBreakerOptions } from './options/options.ts';
export type { CircuitsByHand } from './rings/by-hand.ts';
export type { CircuitBreaker, CircuitBreakerParts } from './rings/circuit-breaker.ts';
export type { CircuitSnapshot } from './state/circuit-snapshot.ts';
export type { ChangeReason, CircuitFigures, CircuitState } from './state/circuit-state.ts';

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
export function circuitBreaker(options: CircuitBreakerOptions = {}, parts: CircuitBreakerParts = {}): CircuitBreaker {
  const resolved = resolveOptions(options, parts.where ?? 'circuitBreaker');
  const breaker = ofThisPlatform(resolved, parts);
  return { ...breaker, circuits: byHand(breaker.circuits, resolved) };
}
