/** The figures that changed a circuit's state. */
interface CircuitFigures {
  readonly key: string;
  readonly because: string;
  readonly failures: number;
  readonly successes: number;
  /** Where slow calls count. */
  readonly slowCalls?: number;
}

/** The events of `@holdfast/circuit-breaker`. */
export interface CircuitEvents {
  'circuit.opened': CircuitFigures & { readonly retryAfterMs?: number };
  'circuit.halfOpened': CircuitFigures;
  'circuit.closed': CircuitFigures;
}
