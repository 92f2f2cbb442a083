/**
 * Cloudflare Workers runs many incoming requests in one process, and keeps apart what they begin: a timer, a stream, an
 * `AbortSignal` and what waits for them belong to the request that made them. Another request that touches them gets an
 * error ("Cannot perform I/O on behalf of a different request"); a promise that it settles may never call back; and
 * when a request ends, its timers and promises end with it, without any sign.
 *
 * So a client that lives longer than a request may share only plain data there: each waiting call polls, by its own
 * timer, whether its turn has come.
 *
 * @returns true on such a platform.
 * @see {@link https://developers.cloudflare.com/workers/runtime-apis/bindings/#making-changes-to-bindings}
 */
export function requestsAreApart(): boolean {
  return (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers';
}

/**
 * Does a signal belong to the present incoming request? On Cloudflare Workers this says whether a call may wait for
 * work that another call has begun; on other platforms every signal does.
 */
export function isOfThisRequest(signal: AbortSignal): boolean {
  try {
    // The value does not matter: reading it throws for a signal of another request.
    return typeof signal.aborted === 'boolean';
  } catch {
    return false;
  }
}
