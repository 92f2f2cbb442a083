import { Around } from './around.ts';

/**
 * The platform's `fetch`, looked up at each call, so that whatever replaces it later (a test, a tracer) is used.
 *
 * A client's own `fetch` may replace it: `globalThis.fetch = client.fetch`. A client that sent through that would call
 * itself for ever, so it sends through the `fetch` that was there when this module was loaded. A wrapper that calls a
 * client's `fetch`, perhaps later and with another Request, may also replace it: then the request comes back to the
 * client.
 */
const atFirst: typeof fetch | undefined = globalThis.fetch;

type Input = string | URL | Request;

/** The `fetch` functions of all clients. */
const ofClients = new WeakSet<object>();

/** A request that was handed to a function that has replaced the global `fetch`, and how deep such calls are nested. */
interface Handed {
  readonly input: Input;
  readonly method: string;
  readonly depth: number;
  /** True when the function has answered: work that it began, such as a timer, no longer counts as inside it. */
  isOver: boolean;
}

const around = new Around<Handed>();

/** A wrapper that changes each request's URL never sends the same one twice. */
const deepest = 20;

/** Records a client's `fetch`, and returns it. */
export function fetchOfClient<T extends object>(fetch: T): T {
  ofClients.add(fetch);
  return fetch;
}

/** Sends through the platform. */
export function platformFetch(input: Input, init?: RequestInit): Promise<Response> {
  const current: typeof fetch | undefined = globalThis.fetch;
  if (current === undefined || ofClients.has(current)) return original(input, init);
  return current === atFirst ? globalThis.fetch(input, init) : sendThroughWrapper(input, init);
}

/** @throws TypeError if the wrapper sends each request through a client again, without end. */
function sendThroughWrapper(input: Input, init?: RequestInit): Promise<Response> {
  const depth = (handedNow()?.depth ?? 0) + 1;
  if (depth > deepest)
    throw new TypeError(`globalThis.fetch sends through the client that sends through it; ${ownFetchRemedy}`);
  const now: Handed = { input, method: methodOf(input, init), depth, isOver: false };
  const over = (): void => {
    now.isOver = true;
  };
  const sent = around.run(now, () => globalThis.fetch(input, init));
  Promise.resolve(sent).then(over, over);
  return sent;
}

/**
 * Does a client's `fetch` get a request that a client has handed to the global `fetch`? Then a wrapper has replaced
 * that, such as `globalThis.fetch = async (input, init) => client.fetch(input, init)`.
 */
export function isHandedBack(input: Input, init?: RequestInit | null): boolean {
  const before = handedNow();
  if (before === undefined) return false;
  return before.input === input || (before.method === methodOf(input, init) && urlOf(before.input) === urlOf(input));
}

function handedNow(): Handed | undefined {
  const last = around.current;
  return last?.isOver ? undefined : last;
}

function methodOf(input: Input, init?: RequestInit | null): string {
  const method = init?.method ?? (typeof input === 'object' && 'method' in input ? input.method : 'GET');
  return String(method).toUpperCase();
}

function urlOf(input: Input): string {
  if (typeof input === 'object' && 'url' in input) return input.url;
  try {
    return new URL(input, (globalThis as { location?: { href?: string } }).location?.href).href;
  } catch {
    return String(input);
  }
}

const ownFetchRemedy = 'give createResilientClient a fetch of its own';

/** @throws TypeError if there was no `fetch` when the package was loaded. */
export function original(input: Input, init?: RequestInit): Promise<Response> {
  if (atFirst !== undefined) return atFirst(input, init);
  throw new TypeError(`globalThis.fetch is a client's own, and there was none before it; ${ownFetchRemedy}`);
}
