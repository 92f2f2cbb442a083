/**
 * The platform's `fetch`, looked up at each call, so that whatever replaces it later (a test, a tracer) is used.
 *
 * A client's own `fetch` may be what replaces it: `globalThis.fetch = client.fetch`. To send through that would be to call
 * itself for ever. So the one that was there when this module was loaded sends.
 */
const atFirst: typeof fetch | undefined = globalThis.fetch;

type Input = string | URL | Request;

/** Every `fetch` of a client. */
const ofClients = new WeakSet<object>();

/** What is being handed to the global `fetch` just now. */
let handed: Input | undefined;

/** Takes note of a client's `fetch`, and gives it. */
export function fetchOfClient<T extends object>(fetch: T): T {
  ofClients.add(fetch);
  return fetch;
}

/** Sends through the platform. */
export function platformFetch(input: Input, init?: RequestInit): Promise<Response> {
  const current: typeof fetch | undefined = globalThis.fetch;
  if (current === undefined || ofClients.has(current)) return original(input, init);
  const before = handed;
  handed = input;
  try {
    return globalThis.fetch(input, init);
  } finally {
    handed = before;
  }
}

/**
 * Does a client's `fetch` get what a client has handed to the global `fetch` just now? Then a wrapper stands there, such as
 * `globalThis.fetch = (input, init) => client.fetch(input, init)`.
 */
export function isHandedBack(input: Input): boolean {
  return handed !== undefined && handed === input;
}

/** @throws TypeError where there was none when the package was loaded. */
export function original(input: Input, init?: RequestInit): Promise<Response> {
  if (atFirst !== undefined) return atFirst(input, init);
  const remedy = 'give createResilientClient a fetch of its own';
  throw new TypeError(`globalThis.fetch is a client's own, and there was none before it; ${remedy}`);
}
