/** When the headers of such responses came, by the monotonic clock. */
const cameAt = new WeakMap<Response, number>();

/**
 * Records when the headers of an answer arrived, for an answer that is handed on later; without a time, records
 * nothing.
 */
export function noteHeaders(response: Response, at: number | undefined): Response {
  if (at !== undefined) cameAt.set(response, at);
  return response;
}

/**
 * When the headers of an answer arrived, if it was held back after them: a stream that waits for its first event is not
 * slow.
 */
export function headersAt(response: Response): number | undefined {
  return cameAt.get(response);
}
