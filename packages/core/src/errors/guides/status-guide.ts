/** What an error status means, what usually causes it, and what can be done about it. */
export interface Guide {
  /** One line for a person. */
  readonly title: string;
  readonly causes: readonly string[];
  /** What Holdfast does by itself, and what a person has to do. */
  readonly remedies: readonly string[];
}

/** A guide as the reference stores it. */
export interface StatusGuide extends Guide {
  /** The first remedy speaks of another attempt. A call that has ended says in its place why there was none. */
  readonly promisesRetry?: true;
}
