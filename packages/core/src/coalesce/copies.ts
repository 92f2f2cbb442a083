const copies = new WeakSet<Response>();

/** Notes that this response is a copy: the call that began the shared request has one of its own. */
export function noteCopy(response: Response): void {
  copies.add(response);
}

/** Is the response a copy of the one that another call has? Then that call stores it. */
export function isCopy(response: Response): boolean {
  return copies.has(response);
}
