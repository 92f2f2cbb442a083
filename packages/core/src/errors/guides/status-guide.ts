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
  /** The first remedy promises another attempt. After the end of a call, the reason why there was none replaces it. */
  readonly promisesRetry?: true;
}
