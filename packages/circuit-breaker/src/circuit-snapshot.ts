import type { CircuitFigures, CircuitState } from './circuit-state.ts';

/** One circuit in `snapshot()`: plain JSON, and what `initialState` takes. */
export interface CircuitSnapshot extends CircuitFigures {
  readonly key: string;
  readonly state: CircuitState;
  /** Milliseconds until a probe is let through, where it is open. */
  readonly retryAfterMs?: number;
  /** How often it has opened without having closed in between, where that is more than once. */
  readonly openings?: number;
}
