import type { CircuitFigures, CircuitState } from './circuit-state.ts';

/** One circuit in `snapshot()`: plain JSON, and what `initialState` takes. */
export interface CircuitSnapshot extends CircuitFigures {
  readonly key: string;
  readonly state: CircuitState;
  /** Milliseconds until a probe is let through, if the circuit is open. */
  readonly retryAfterMs?: number;
  /** How often the circuit has opened without closing in between, if more than once. */
  readonly openings?: number;
}
