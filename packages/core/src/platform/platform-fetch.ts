import { builtinModule } from './builtin-module.ts';

/**
 * The platform's `fetch`, looked up at each call, so that whatever replaces it later (a test, a tracer) is used.
 *
 * A client's own `fetch` may be what replaces it: `globalThis.fetch = client.fetch`. To send through that would be to call
 * itself for ever. So the one that was there when this module was loaded sends. A wrapper may be what replaces it, too,
 * which calls a client's `fetch`, perhaps later and with another Request: then the request comes back to the client.
 */
const atFirst: typeof fetch | undefined = globalThis.fetch;

type Input = string | URL | Request;

/** Every `fetch` of a client. */
const ofClients = new WeakSet<object>();

/** What was handed to a function that stands in the place of the global `fetch`, and how often within itself. */
interface Handed {
  readonly input: Input;
  readonly method: string;
  readonly depth: number;
  /** The function has answered: what it has begun, such as a timer, is no longer within it. */
  isOver: boolean;
}

/** What is being handed to it just now. */
let handed: Handed | undefined;

/** What was handed to it in this async context, where the platform has such contexts. */
let context: AsyncContext | undefined;

interface AsyncContext {
  run<T>(store: Handed, work: () => T): T;
  getStore(): Handed | undefined;
}

/** A wrapper that changes each request's URL never sends the same one twice. */
const deepest = 20;

/** Takes note of a client's `fetch`, and gives it. */
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

/** @throws TypeError where the wrapper sends through a client for ever. */
function sendThroughWrapper(input: Input, init?: RequestInit): Promise<Response> {
  const before = handed;
  context ??= createContext();
  const depth = (handedNow()?.depth ?? 0) + 1;
  if (depth > deepest)
    throw new TypeError(`globalThis.fetch sends through the client that sends through it; ${ownFetchRemedy}`);
  const now: Handed = { input, method: methodOf(input, init), depth, isOver: false };
  const over = (): void => {
    now.isOver = true;
  };
  handed = now;
  try {
    const sent =
      context === undefined ? globalThis.fetch(input, init) : context.run(now, () => globalThis.fetch(input, init));
    Promise.resolve(sent).then(over, over);
    return sent;
  } finally {
    handed = before;
  }
}

/**
 * Does a client's `fetch` get what a client has handed to the global `fetch` before? Then a wrapper stands there, such as
 * `globalThis.fetch = async (input, init) => client.fetch(input, init)`.
 */
export function isHandedBack(input: Input, init?: RequestInit | null): boolean {
  const before = handedNow();
  if (before === undefined) return false;
  return before.input === input || (before.method === methodOf(input, init) && urlOf(before.input) === urlOf(input));
}

function handedNow(): Handed | undefined {
  const last = handed ?? context?.getStore();
  return last?.isOver ? undefined : last;
}

function methodOf(input: Input, init?: RequestInit | null): string {
  return (init?.method ?? (typeof input === 'object' && 'method' in input ? input.method : 'GET')).toUpperCase();
}

function urlOf(input: Input): string {
  if (typeof input === 'object' && 'url' in input) return input.url;
  try {
    return new URL(input, (globalThis as { location?: { href?: string } }).location?.href).href;
  } catch {
    return String(input);
  }
}

function createContext(): AsyncContext | undefined {
  type Hooks = { readonly AsyncLocalStorage?: new () => AsyncContext };
  const { AsyncLocalStorage } = builtinModule<Hooks>('node:async_hooks') ?? {};
  return AsyncLocalStorage && new AsyncLocalStorage();
}

const ownFetchRemedy = 'give createResilientClient a fetch of its own';

/** @throws TypeError where there was none when the package was loaded. */
export function original(input: Input, init?: RequestInit): Promise<Response> {
  if (atFirst !== undefined) return atFirst(input, init);
  throw new TypeError(`globalThis.fetch is a client's own, and there was none before it; ${ownFetchRemedy}`);
}
