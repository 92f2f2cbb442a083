import { type CallContext, fetchTransport, type Handler } from '@holdfast/core';
import { checkIntegrity, discard } from '@holdfast/core/internal';
import { Arrival } from './arrival.ts';
import { isBlockedPort } from './blocked-ports.ts';
import type { Head } from './head.ts';
import { LazyResponse } from './lazy-response.ts';
import { isOfPage } from './page.ts';
import { headerIn } from './received-headers.ts';
import { type SentBody, sentBody, sentHeaders } from './sent.ts';
import { type Agent, type Dispatcher, type EnvHttpProxyAgent, PlainAgent } from './undicis-own.ts';

/**
 * A transport for Node that goes straight to undici, below the platform's `fetch`, which is built on it: fetch makes
 * streams, headers and copies for each exchange, whether they are used or not, and that is most of its cost. Here a
 * real Response is made only on demand.
 *
 * @param dispatcher An `Agent`, a `Pool`, a `ProxyAgent` of undici 7.1 or newer. @defaultValue an `Agent` of its own
 * @example
 * ```ts
 * import { undiciTransport } from '@holdfast/undici';
 * import { createResilientClient } from 'holdfast';
 *
 * const api = createResilientClient({ baseUrl: 'https://api.example.com/', transport: undiciTransport() });
 * ```
 */
export function undiciTransport(dispatcher?: Dispatcher): Handler {
  const own = dispatcher ?? newAgent();
  // A user's dispatcher may have a client certificate: answers are then shared by what is sent through it, only.
  return fetchTransport((request, init, context) => exchange(request, init, context, own), {
    follows: false,
    through: dispatcher ?? 'anyone',
  });
}

/**
 * HTTP/1.1 on every Node, also to servers that would speak HTTP/2, as fetch does with some Nodes. It has no limits of its
 * own for headers and bodies, which are 300 s each in undici: `timeout` and `idleTimeout` are the only ones.
 */
function newAgent(): Dispatcher {
  const options = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 };
  if (process.env['NODE_USE_ENV_PROXY'] !== '1') return new (PlainAgent as typeof Agent)(options);
  // As in Node's fetch. Loaded on demand.
  const load = process.getBuiltinModule('node:module').createRequire(import.meta.url);
  const ProxyAgent = load('undici/lib/dispatcher/env-http-proxy-agent.js') as typeof EnvHttpProxyAgent;
  return new ProxyAgent(options);
}

function exchange(
  request: Request,
  init: UndiciInit,
  { headersGiven }: CallContext,
  ofTransport: Dispatcher,
): Promise<Response> {
  refuseWhatIsFetchOnly(request);
  const headers = sentHeaders(request, headersGiven);
  const body = sentBody(request, headers);
  const { integrity } = request;
  const send = async (whole: SentBody): Promise<Response> => {
    const response = await dispatched(request, headers, whole, init, ofTransport);
    if (response.status !== 421 || !isAtHand(whole)) {
      return integrity === '' ? response : checkIntegrity(response, integrity);
    }
    // As fetch does: this connection is not the one for that host, and another may be.
    discard(response);
    return dispatched(request, headers, whole, init, ofTransport);
  };
  // Most bodies are there at once.
  return body instanceof Promise ? body.catch(unreadable).then(send) : send(body);
}

/** A stream can be sent once. */
function isAtHand(body: SentBody): boolean {
  return body === null || typeof body === 'string' || body instanceof Uint8Array || body instanceof Blob;
}

/** An init may name a dispatcher for one call, as fetch's may. */
type UndiciInit = RequestInit & { readonly dispatcher?: Dispatcher };

/** What a Request may ask of fetch, and this can't do: better refused than forgotten. */
function refuseWhatIsFetchOnly({ cache, mode, url }: Request): void {
  if (isBlockedPort(url)) throw fetchFailed(new Error('bad port'));
  let what: string | undefined;
  // Its answer shows nothing, unless it is of the page's own origin.
  if (mode === 'no-cors' && !isOfPage(url)) what = "mode: 'no-cors'";
  else if (cache === 'only-if-cached') what = "cache: 'only-if-cached'";
  if (what === undefined) return;
  // By the code it is known that no retry helps.
  const error = new TypeError(`undiciTransport: ${what} is not supported; leave it out`);
  throw fetchFailed(Object.assign(error, { code: 'UND_ERR_NOT_SUPPORTED' }));
}

function dispatched(
  request: Request,
  headers: string[],
  body: SentBody,
  init: UndiciInit,
  ofTransport: Dispatcher,
): Promise<Response> {
  const { method } = request;
  const { signal, redirect = request.redirect, dispatcher = ofTransport } = init;
  const { origin, href, path } = target(request.url);
  return new Promise((resolve, reject) => {
    // The body may have taken its time.
    signal?.throwIfAborted();
    const started = (head: Head, arrival: Arrival): void => {
      const isBodiless = method === 'HEAD' || withoutBody.has(head.status);
      const coding = isBodiless ? undefined : headerIn(head.rawHeaders, 'content-encoding');
      const refusal = whyRefused(head, coding, redirect);
      if (refusal) {
        reject(fetchFailed(refusal));
        arrival.cancel(refusal);
      } else resolve(new LazyResponse(head, href, coding, isBodiless ? null : arrival));
    };
    const arrival = new Arrival(signal ?? undefined, { started, failed: reject });
    dispatcher.dispatch({ origin, path, method, headers, body } as Dispatcher.DispatchOptions, arrival);
  });
}

/** What fetch makes no Response of. */
function whyRefused(
  { status, rawHeaders }: Head,
  coding: string | undefined,
  redirect: RequestRedirect,
): Error | undefined {
  if (redirect === 'error' && redirects.has(status) && headerIn(rawHeaders, 'location') !== undefined) {
    return new Error('unexpected redirect');
  }
  const codings = coding?.split(',').length ?? 0;
  if (codings <= mostCodings) return undefined;
  return new Error(`too many content-encodings in response: ${codings}, maximum allowed is ${mostCodings}`);
}

/** More than this many nested codings are an attack. */
const mostCodings = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** A Request's URL is one already; only its hash is not for the server, nor for `response.url`. */
function target(url: string): { readonly origin: string; readonly path: string; readonly href: string } {
  const hash = url.indexOf('#');
  const href = hash < 0 ? url : url.slice(0, hash);
  const start = href.indexOf('/', href.indexOf('//') + 2);
  return { origin: href.slice(0, start), path: href.slice(start), href };
}

/** The body that the caller gave has broken. */
function unreadable(error: Error): never {
  throw fetchFailed(error);
}

/** How fetch says that there is no answer. */
function fetchFailed(cause: Error): TypeError {
  return new TypeError('fetch failed', { cause });
}
