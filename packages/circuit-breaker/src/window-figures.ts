/** How many of each are in the window. */
export interface Figures {
  readonly failures: number;
  readonly successes: number;
}

/** When it is too many. */
export interface WindowLimits {
  readonly ratio: number;
  readonly minimumCalls: number;
  readonly windowMs: number;
}
