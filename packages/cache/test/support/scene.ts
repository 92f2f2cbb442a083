import { type ResponseCache, type ResponseCacheOptions, responseCache } from '@holdfast/cache';
import { compose, createEventHub, deadline, defaultLevels, fetchTransport, type Strategy } from '@holdfast/core';
import { type CallSettings, type CredentialsIdentity, createCall, emptyBody } from '@holdfast/core/internal';
import { type EventLog, eventLog, ManualClock } from '@holdfast/core/testing';

const origin = 'https://api.example.com';

/** The server's answer to a request. */
export type Answer = (request: Request) => Response | Promise<Response>;

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cache: RequestCache;
}

export interface SendOptions extends RequestInit {
  readonly settings?: Partial<CallSettings>;
}

export interface Scene {
  readonly cache: ResponseCache;
  readonly clock: ManualClock;
  readonly log: EventLog;
  /** The requests that reached the server. */
  readonly requests: readonly SeenRequest[];
  /** Sets the server's answer from now on. */
  answer(answer: Answer): void;
  /** Replaces the server by a network that answers. */
  useNetwork(): void;
  /** Sends a request through the cache; the test reads the body. */
  send(path?: string, options?: SendOptions): Promise<Response>;
  /** Sends a request, and returns the body; the status if it is an error; or the code of the error. */
  get(path?: string, options?: SendOptions): Promise<string>;
}

export interface SceneParts {
  readonly identity?: CredentialsIdentity;
  /** Rings further inside. */
  readonly inside?: readonly Strategy[];
  readonly clock?: ManualClock;
}

/** A cache in virtual time, around a server whose answers the test controls. */
export function scene(options: ResponseCacheOptions | true = true, parts: SceneParts = {}): Scene {
  const { identity, inside = [], clock = new ManualClock() } = parts;
  const hub = createEventHub();
  const log = eventLog(hub);
  const random = (): number => 0.5;
  const cache = responseCache(options, { clock, emit: hub.emit });
  const requests: SeenRequest[] = [];
  let answer: Answer = () => new Response('hello');
  const transport = fetchTransport(async (request, init) => {
    const { method, url, cache: mode } = request;
    requests.push({ method, url, headers: Object.fromEntries(request.headers), cache: mode });
    init.signal?.throwIfAborted();
    const response = await answer(request);
    return response.url === '' ? Object.defineProperty(response, 'url', { value: url.replace(/#.*/, '') }) : response;
  });
  const pipeline = compose([cache.for({ identity }), deadline(), ...inside], transport);
  const send: Scene['send'] = (path = '/orders', { settings, signal, ...init } = {}) => {
    const request = new Request(path.startsWith('/') ? origin + path : path, init);
    return pipeline(request, {
      call: createCall(request.method, request.url, clock),
      attempt: 1,
      signal: signal ?? new AbortController().signal,
      random,
      emit: hub.emit,
      settings: { levels: defaultLevels, timeout: false, totalTimeout: 30_000, ...settings },
      body: emptyBody,
    });
  };
  return {
    useNetwork: () => {
      answer = (request) => fetch(request);
    },
    cache,
    clock,
    log,
    requests,
    send,
    answer: (given) => {
      answer = given;
    },
    async get(path, given) {
      try {
        const response = await send(path, given);
        const text = await response.text();
        return response.ok ? text : String(response.status);
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    },
  };
}

/** Answers 1, 2, 3 …, so that a test sees which request an answer belongs to. */
export function counting(headers: Record<string, string>, status = 200): Answer {
  let count = 0;
  return () => new Response(String(++count), { status, headers });
}
