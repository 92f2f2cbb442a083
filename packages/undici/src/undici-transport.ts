import { type CallContext, fetchTransport, type Handler } from '@holdfast/core';
import { checkIntegrity, discard } from '@holdfast/core/internal/late';
import { Arrival } from './arrival.ts';
import { isBlockedPort } from './blocked-ports.ts';
import type { Head } from './head.ts';
import { LazyResponse } from './lazy-response.ts';
import { leavesPage } from './page.ts';
import { headerIn } from './received-headers.ts';
import { againBody, type SentBody, sentBody, sentHeaders } from './sent.ts';
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
  // A user's dispatcher may have a client certificate: then answers are shared only among requests that are sent
  // through it.
  return fetchTransport((request, init, context) => exchange(request, init, context, own), {
    follows: false,
    through: dispatcher ?? 'anyone',
  });
}

/**
 * HTTP/1.1 with every version of Node, even to servers that support HTTP/2, as fetch does with some versions. It has no
 * own limits for headers and bodies, which are 300 s each in undici: `timeout` and `idleTimeout` are the only ones.
 */
function newAgent(): Dispatcher {
  const options = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 };
  if (process.env['NODE_USE_ENV_PROXY'] !== '1') return new (PlainAgent as typeof Agent)(options);
  // The agent is like that of Node's fetch, and is loaded on demand.
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
    let response = await dispatched(request, headers, whole, init, ofTransport);
    const again = response.status === 421 ? againBody(request, whole, headers) : undefined;
    if (again !== undefined) {
      // A 421 is sent again once, as fetch does: this connection does not serve that host, but another may.
      discard(response);
      response = await dispatched(request, headers, again, init, ofTransport);
    }
    return integrity === '' ? response : checkIntegrity(response, integrity);
  };
  // Most bodies are available at once.
  return body instanceof Promise ? body.catch(unreadable).then(send) : send(body);
}

/** An init may name a dispatcher for one call, as fetch's may. */
type UndiciInit = RequestInit & { readonly dispatcher?: Dispatcher };

/** Refuses settings of a Request that this transport does not support, rather than ignoring them. */
function refuseWhatIsFetchOnly({ cache, mode, url }: Request): void {
  if (isBlockedPort(url)) throw fetchFailed(new Error('bad port'));
  let what: string | undefined;
  // With `no-cors`, a page sees nothing of another origin's answer.
  if (mode === 'no-cors' && leavesPage(url)) what = "mode: 'no-cors'";
  else if (cache === 'only-if-cached') what = "cache: 'only-if-cached'";
  if (what === undefined) return;
  // The code says that no retry helps.
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
    // Reading the body may have taken some time.
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

/** Answers of which fetch makes no Response. */
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

/** A Request's URL is normalised already; only its fragment must not be sent, nor be in `response.url`. */
function target(url: string): { readonly origin: string; readonly path: string; readonly href: string } {
  const hash = url.indexOf('#');
  const href = hash < 0 ? url : url.slice(0, hash);
  const start = href.indexOf('/', href.indexOf('//') + 2);
  return { origin: href.slice(0, start), path: href.slice(start), href };
}

/** The error for a body of the caller that has broken. */
function unreadable(error: Error): never {
  throw fetchFailed(error);
}

/** The error by which fetch says that there is no answer. */
function fetchFailed(cause: Error): TypeError {
  return new TypeError('fetch failed', { cause });
}
