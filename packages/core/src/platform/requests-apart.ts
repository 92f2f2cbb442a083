/**
 * Cloudflare Workers runs many incoming requests in one process, and keeps apart what they begin: a timer, a stream, an
 * `AbortSignal` and what waits for them belong to the request that made them. Another request that touches them gets
 * an error ("Cannot perform I/O on behalf of a different request"), a promise that it settles may never be heard of, and
 * when the request ends, its timers and promises end with it, without a word.
 *
 * So a client that lives longer than a request may share plain data there, and nothing else: each call that waits looks
 * by a timer of its own whether its turn has come.
 *
 * @returns true on such a platform.
 * @see {@link https://developers.cloudflare.com/workers/runtime-apis/bindings/#making-changes-to-bindings}
 */
export function requestsAreApart(): boolean {
  return (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers';
}

/**
 * Is a signal the present request's own? Elsewhere than on Cloudflare Workers, all are: there it is what tells whether
 * something that another call has begun can be waited for.
 */
export function isOfThisRequest(signal: AbortSignal): boolean {
  try {
    // Whatever it says: one of another request refuses to say it.
    return typeof signal.aborted === 'boolean';
  } catch {
    return false;
  }
}
