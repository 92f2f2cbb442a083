const wholeOnes = new WeakSet<Response>();

/** Records that a response's body is in memory, and returns the response. */
export function inMemory(response: Response): Response {
  wholeOnes.add(response);
  return response;
}

/** Has the body ended? Then the connection is free, whether or not the body is read. */
export function isInMemory(response: Response): boolean {
  return wholeOnes.has(response);
}
