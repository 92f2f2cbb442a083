/** Drops a response that nobody will read: its connection is given back now, not when memory runs short. */
export function discard(response: Response | undefined): void {
  const body = response?.body;
  if (body && !body.locked) body.cancel().catch(ignore);
}

/** A body that breaks while it is thrown away is no loss. */
function ignore(): void {}
