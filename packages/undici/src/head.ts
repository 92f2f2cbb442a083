/** The head of an answer. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly (Buffer | string)[];
}
