/** Drops a response that will not be read: its connection is released now, not when memory runs short. */
export function discard(response: Response | undefined): void {
  const body = response?.body;
  if (body && !body.locked) body.cancel().catch(ignore);
}

/**
 * Cancels the body of a request that is not sent, or no longer: a stream may hold a file, or a socket. A body that is
 * being read is its reader's to cancel.
 */
export function letGoOfBody({ body }: Request, reason?: unknown): void {
  if (body && !body.locked) body.cancel(reason).catch(ignore);
}

/** A body that breaks while it is discarded is no loss. */
function ignore(): void {}
