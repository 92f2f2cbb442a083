/** The number of outcomes of each kind in the window. */
export interface Figures {
  readonly failures: number;
  readonly successes: number;
}

/** The limits at which the circuit opens. */
export interface WindowLimits {
  readonly ratio: number;
  readonly minimumCalls: number;
  readonly windowMs: number;
}
