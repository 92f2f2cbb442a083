/** An answer, of any status. What was read of a failed one is declared where answers are read. */
export interface ResponseOutcome {
  readonly kind: 'response';
  /**
   * The status that policies go by. It is the response's own, unless a dialect says that a success is an error: then
   * it is the status as which that error counts.
   */
  readonly status: number;
  readonly headers: Headers;
  readonly response: Response;
}

/** How an attempt ended: with a response of any status, or with an error, which means that there was no response. */
export type Outcome = ResponseOutcome | { readonly kind: 'error'; readonly error: unknown; readonly code: string };

/** An attempt without a response. */
export type ErrorOutcome = Extract<Outcome, { readonly kind: 'error' }>;
