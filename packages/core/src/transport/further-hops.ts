import { discard } from '../bodies/discard.ts';
import { checkIntegrity } from '../bodies/integrity.ts';
import { madeFrom, type RequestBody } from '../bodies/request-body.ts';
import { NetworkError } from '../errors/network-error.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { originOf } from '../platform/origin.ts';
import { pageOf, refererHeader } from '../platform/page.ts';
import { locationOf, refused, refuseOpaque } from './hop.ts';
import { networkError } from './transport-failure.ts';

/** The state when the first answer to a request whose redirects are followed by hand has arrived. */
export interface FirstAnswer {
  readonly response: Response;
  /** The request that it answers, without its `integrity`. */
  readonly sent: Request;
  /** The original request. */
  readonly asked: Request;
  readonly next: Handler;
  /** A handler that follows no redirect. */
  readonly context: CallContext;
  readonly carry: Carry;
}

/** Puts credentials on the headers that go to a URL, or takes them away. */
export type Carry = (headers: Headers, url: string) => void;

/**
 * Follows the redirects from the first answer on.
 *
 * @see Fetch standard, "HTTP-redirect fetch"; RFC 9110 section 15.4
 */
export async function followFrom({ asked, next, context, carry, ...first }: FirstAnswer): Promise<Response> {
  const ofCaller = context.body.kind === 'request';
  const { integrity } = asked;
  let { response, sent } = first;
  for (let hops = 0; hops <= mostHops; hops++) {
    const location = locationOf(response);
    if (location === null) {
      const sameOrigin = originOf(asked.url) === originOf(sent.url);
      const answer = hops === 0 ? response : asRedirected(response, sameOrigin ? response.type : 'cors');
      return integrity === '' ? answer : verified(answer, integrity, context);
    }
    discard(response);
    sent = redirected(sent, { response, location }, context, carry);
    if (hops === mostHops) break;
    response = await hop(next, ofCaller ? sent.clone() : sent, context, asked);
    refuseOpaque(response, context);
  }
  throw refused(context, `was redirected more than ${mostHops} times`);
}

/** An answer that does not match has arrived all the same: the error is final. */
async function verified(response: Response, integrity: string, context: CallContext): Promise<Response> {
  try {
    return await checkIntegrity(response, integrity);
  } catch (error) {
    context.signal.throwIfAborted();
    throw networkError(error, context, response.url, true);
  }
}

/** A failure after a redirect comes after an answer: the server may well have acted on the request. */
async function hop(next: Handler, request: Request, context: CallContext, first: Request): Promise<Response> {
  try {
    return await next(request, context);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    const { message, cause, reason, permanent } = error;
    const elsewhere = originOf(request.url) !== originOf(first.url);
    throw new NetworkError({ call: context.call, message, cause, reason, permanent, neverSent: false, elsewhere });
  }
}

const mostHops = 20;

/** An answer that redirects, and its target. */
interface Hop {
  readonly response: Response;
  readonly location: string;
}

/** The request that follows a redirect. */
function redirected(request: Request, { response, location }: Hop, context: CallContext, carry: Carry): Request {
  const url = targetUrl(location, request, context);
  const { body } = context;
  const asGet = becomesGet(response.status, request.method);
  // A request that has become a GET at an earlier hop has no body any more.
  const keepsBody = !asGet && request.body !== null;
  if (keepsBody && body.kind === 'oneShot') {
    throw refused(context, 'was redirected, but its body is a stream that can be sent only once');
  }
  const headers = headersFor(request, url, asGet, body);
  carry(headers, url.href);
  const { cache, credentials, keepalive, mode } = request;
  if (mode === 'same-origin' && originOf(url.href) !== originOf(request.url)) {
    throw refused(context, "was redirected to another origin, which its mode 'same-origin' rules out");
  }
  const named = response.headers.get('referrer-policy')?.match(policies)?.at(-1);
  const referrerPolicy = (named as ReferrerPolicy | undefined) ?? request.referrerPolicy;
  // A looser policy does not bring back what the first one has withheld.
  const referrer = named === undefined ? request.referrer : (refererHeader(request) ?? '');
  const method = asGet ? 'GET' : request.method;
  const init: RequestInit = { method, cache, credentials, keepalive, mode, referrer, referrerPolicy, headers };
  if (!keepsBody) return new Request(url, init);
  if (body.kind === 'value') return madeFrom(new Request(url, { ...init, body: body.value }), body.value);
  return new Request(url, { ...init, body: request.body, duplex: 'half' } as RequestInit);
}

/** @throws NetworkError for a URL that is not followed. */
function targetUrl(location: string, request: Request, context: CallContext): URL {
  let url: URL;
  try {
    url = new URL(asUtf8(location), request.url);
  } catch {
    throw refused(context, 'was redirected to an invalid URL');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(context, 'was redirected to another scheme');
  if (url.username !== '' || url.password !== '')
    throw refused(context, 'was redirected to a URL that holds credentials');
  return url;
}

/** Does a redirect turn this method into a GET without a body? */
function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'HEAD' && method !== 'GET';
  return (status === 301 || status === 302) && method === 'POST';
}

/** The headers that go along: another origin gets no credentials, and a request that has become a GET has no body. */
function headersFor(request: Request, url: URL, asGet: boolean, body: RequestBody): Headers {
  const headers = new Headers(request.headers);
  const dropped = asGet
    ? ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']
    : [];
  if (originOf(url.href) !== originOf(request.url))
    dropped.push('authorization', 'proxy-authorization', 'cookie', 'host');
  // A form is encoded again with another boundary, which only the platform knows.
  if (body.kind === 'value' && body.value instanceof FormData) dropped.push('content-type');
  for (const name of dropped) headers.delete(name);
  if (asGet || request.method === 'GET' || request.method === 'HEAD') nameSender(headers, request.url, url.href);
  return headers;
}

/**
 * A GET that leaves the origin of its page names the page, as with fetch: to it, this is the same request. A program on
 * Node has a page only if undici's `setGlobalOrigin()` names one.
 */
function nameSender(headers: Headers, from: string, to: string): void {
  const page = pageOf()?.origin;
  if (page !== undefined && originOf(from) === page && originOf(to) !== page) headers.set('origin', page);
}

/** Referrer Policy, section 3. Of several policies that an answer names, the last that is known applies. */
const policies =
  /(?<![^\s,])(?:no-referrer(?:-when-downgrade)?|(?:strict-)?origin(?:-when-cross-origin)?|same-origin|unsafe-url)(?![^\s,])/g;

/** A header's value has one character per byte; servers that send more than ASCII send UTF-8. */
function asUtf8(value: string): string {
  if (/^[\0-\x7f]*$/.test(value)) return value;
  return new TextDecoder().decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
}

/**
 * Without this, the response and its clones would say that they were not redirected, since each hop was a separate
 * fetch. An extra prototype is used because the code that watches reads uses one too, and both must work.
 */
function asRedirected(response: Response, type: ResponseType): Response {
  const plain: Response = Object.getPrototypeOf(response);
  const members: PropertyDescriptorMap = {
    redirected: { value: true },
    type: { value: type },
    clone: {
      value(this: Response): Response {
        return asRedirected(plain.clone.call(this), type);
      },
    },
  };
  return Object.setPrototypeOf(response, Object.create(plain, members));
}
