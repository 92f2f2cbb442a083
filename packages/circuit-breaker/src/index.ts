export type { ChangeReason, CircuitFigures, CircuitState } from './circuit.ts';
export {
  type CircuitBreaker,
  type CircuitBreakerParts,
  type CircuitsByHand,
  circuitBreaker,
} from './circuit-breaker.ts';
export type { CircuitSnapshot } from './circuits.ts';
export type { FleetConnection, FleetListener } from './fleet.ts';
export type { CircuitBreakerOptions } from './options.ts';
