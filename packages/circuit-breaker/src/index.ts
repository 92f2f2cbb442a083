export {
  type CircuitBreaker,
  type CircuitBreakerParts,
  type CircuitsByHand,
  circuitBreaker,
} from './circuit-breaker.ts';
export type { CircuitSnapshot } from './circuit-snapshot.ts';
export type { ChangeReason, CircuitFigures, CircuitState } from './circuit-state.ts';
export type { FleetConnection, FleetListener } from './fleet-connection.ts';
export type { CircuitBreakerOptions } from './options.ts';
