import { NetworkError } from './errors/network-error.ts';
import { isResilienceError } from './errors/resilience-error.ts';
import { networkFailure } from './network.ts';
import { show } from './options/validate.ts';
import type { CallContext, Handler } from './pipeline.ts';

/** What sends, as the platform's `fetch`. */
export type Fetch = (input: Request, init: RequestInit) => Promise<Response>;

/**
 * The innermost handler: the platform's `fetch` by default, looked up at each call so that whoever replaces it later
 * (a test, a tracer) is used. "No response" becomes a {@link NetworkError} here, and only here.
 */
export function fetchTransport(platformFetch: Fetch = (input, init) => globalThis.fetch(input, init)): Handler {
  return async (request, context) => {
    const { signal } = context;
    const { fetch = platformFetch } = context.settings;
    let response: unknown;
    try {
      response = await fetch(request, { ...context.init, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isResilienceError(error)) throw error;
      throw networkError(error, context);
    }
    if (isResponse(response)) return response;
    throw new TypeError(`fetch: the given function must give a Response, got ${show(response)}`);
  };
}

/** A {@link NetworkError} for what the platform said. */
export function networkError(error: unknown, { call }: Pick<CallContext, 'call'>): NetworkError {
  const { reason, permanent, neverSent } = networkFailure(error);
  return new NetworkError({
    call,
    message: `${call.method} ${call.url} got no answer${reason === undefined ? '' : `: ${reason}`}`,
    cause: error,
    permanent,
    applied: neverSent ? 'no' : 'unknown',
    ...(reason !== undefined && { reason }),
  });
}

/** A Response, also one of another realm or a polyfill's. */
export function isResponse(value: unknown): value is Response {
  return value instanceof Response || Object.prototype.toString.call(value) === '[object Response]';
}
