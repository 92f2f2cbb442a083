/** The head of an answer. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn, in their original order. */
  readonly rawHeaders: readonly (Buffer | string)[];
}
