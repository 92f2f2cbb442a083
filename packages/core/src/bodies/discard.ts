import { ignore } from '../kernel/ignore.ts';

/**
 * Drops a response that will not be read, so that its connection is released now, and not when the garbage collector
 * runs.
 */
export function discard(response: Response | undefined): void {
  const body = response?.body;
  if (body && !body.locked) body.cancel().catch(ignore);
}

/**
 * Cancels the body of a request that will not be sent (again): a stream may hold a file or a socket. A body that is
 * being read is left to its reader.
 */
export function letGoOfBody({ body }: Request, reason?: unknown): void {
  if (body && !body.locked) body.cancel(reason).catch(ignore);
}
