/** What a user's own `fetch` was given for a request: a copy with the signal of the attempt. */
const copies = new WeakMap<Request, Request>();

export function noteSent(request: Request, sent: Request): void {
  copies.set(request, sent);
}

/**
 * The request as the user's `fetch` last got it. Where a ring has put credentials on a copy of it, that copy is not
 * found from here, and stays with the transport.
 */
export function sentAs(request: Request): Request {
  return copies.get(request) ?? request;
}
