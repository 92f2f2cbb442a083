export type { ChangeReason, CircuitState, StateChange } from './circuit.ts';
export { type CircuitBreaker, type CircuitBreakerParts, circuitBreaker } from './circuit-breaker.ts';
export type { CircuitSnapshot } from './circuits.ts';
export type { FleetConnection, FleetListener } from './fleet.ts';
export type { CircuitBreakerOptions } from './options.ts';
