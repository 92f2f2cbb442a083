import type { CallContext, Handler } from '@holdfast/core';
import { discard, isCopy, isServer, originOf, outcomeOf } from '@holdfast/core/internal/late';
import type { HeaderFields, Judge, Judged, Times } from '../rules/policy.ts';
import {
  fieldsOf,
  freshened,
  isConfirmed,
  judged,
  listOf,
  momentOf,
  type Stored,
  storedAs,
  storedHeaders,
  toResponse,
} from '../store/entry.ts';
import { anyHeader } from '../store/key.ts';
import type { Found, Variants } from '../store/variants.ts';
import type { Identity } from './identity.ts';
import { recorded } from './recording.ts';
import { cacheStatus } from './stale.ts';

export interface ForwardParts {
  readonly judge: Judge;
  readonly variants: Variants;
  readonly maxEntryBytes: number;
}

/** A GET that goes to the server, and what the cache stores about it. */
export interface Forward {
  readonly request: Request;
  readonly headers: HeaderFields;
  readonly identity: Identity;
  readonly next: Handler;
  readonly context: CallContext;
  readonly found: Found;
  /** The stored response that is revalidated. */
  readonly about: Stored | undefined;
}

/** The server's answer. */
export interface Forwarded {
  readonly response: Response;
  /** The status as which it counts: a dialect may call a success an error. */
  readonly countsAs: number;
  /** True if its body is stored once it has been read. */
  readonly storing: boolean;
  /** True if the answer shows the present state of the resource, which may be that it is gone; a failure does not. */
  readonly current: boolean;
}

/** Sends the request, with the validators of the stored response; stores the answer, if it may be stored. */
export async function forward(parts: ForwardParts, given: Forward): Promise<Forwarded> {
  const { next, context, about, request } = given;
  const since = parts.variants.now();
  const sent = about ? conditional(request, given.headers, about.judged) : request;
  const startedAt = context.call.clock.wallNow();
  const response = await next(sent, context);
  const arrived: Arrived = { sent, response, times: timesOf(context, startedAt), since };
  if (!about || sent === request) return stored(parts, given, arrived);
  if (response.status === 304) return notModified(parts, { ...given, about }, arrived);
  if (response.ok)
    context.emit['cache.revalidated']?.({ call: context.call }, { status: response.status, outcome: 'replaced' });
  return stored(parts, given, arrived);
}

interface Arrived {
  /** The request as it was sent. */
  readonly sent: Request;
  readonly response: Response;
  readonly times: Times;
  readonly since: number;
}

/** The times are those of the last attempt: earlier waits do not make an answer older. */
function timesOf({ call }: CallContext, startedAt: number): Times {
  const { clock } = call;
  const receivedAt = clock.wallNow();
  const last = call.attempts.at(-1);
  if (last === undefined) return { requestedAt: startedAt, receivedAt };
  return { requestedAt: receivedAt - (clock.now() - call.startedAt - last.startedMs), receivedAt };
}

/**
 * The request with validators; the same object if there are none. For another origin these headers would need a
 * preflight in a browser, so there its own cache is asked to revalidate.
 */
function conditional(request: Request, headers: HeaderFields, { validators }: Judged): Request {
  if (Object.keys(validators).length === 0) return request;
  const page = isServer ? undefined : (globalThis as { location?: { origin: string } }).location?.origin;
  // Workers at the edge and React Native are not pages: they have no preflight, and some do not support `cache`.
  if (page !== undefined && page !== originOf(request.url)) return new Request(request, { cache: 'no-cache' });
  return new Request(request, { headers: { ...headers, ...validators } });
}

/** @see RFC 9111 section 4.3.4 */
async function notModified(
  parts: ForwardParts,
  given: Forward & { readonly about: Stored },
  arrived: Arrived,
): Promise<Forwarded> {
  const { request, context, about, found } = given;
  const { response, times } = arrived;
  if (!isConfirmed(about.entry, response.headers)) {
    const moment = momentOf({ headers: [...response.headers], ...times });
    await afterDropping(() => parts.variants.supersede(found, moment, context), response);
    return forward(parts, { ...given, about: undefined });
  }
  const status = about.judged.freshForMs() > 0 ? 'fwd=request' : 'fwd=stale';
  const now = judged(freshened(about.entry, response.headers, times), parts.judge);
  context.emit['cache.revalidated']?.({ call: context.call }, { status: 304, outcome: 'same' });
  if (isOwn(response, context)) putAway(parts, given, arrived, now);
  const answer = toResponse(now, request, cacheStatus(now, status, 'fwd-status=304'));
  return { response: answer, countsAs: answer.status, storing: false, current: true };
}

/** Passes the response on, and stores its body while it is read, if it may be stored. */
async function stored(parts: ForwardParts, given: Forward, arrived: Arrived): Promise<Forwarded> {
  const { context, found } = given;
  const { response, times } = arrived;
  const { status } = response;
  const { status: countsAs } = await outcomeOf(response, arrived.sent, context);
  if (countsAs !== status) return { response, countsAs, storing: false, current: false };
  const current = response.ok || status === 404 || status === 410;
  const headers = mayBeStored(response, found) ? storedHeaders(response.headers) : undefined;
  const judgement = headers && parts.judge(status, fieldsOf(headers), times);
  const length = Number(response.headers.get('content-length') ?? 0);
  if (!headers || !judgement || !isOfUse(judgement) || !varyOf(response) || length > parts.maxEntryBytes) {
    const moment = momentOf({ headers: headers ?? [...response.headers], ...times });
    if (current) await afterDropping(() => parts.variants.supersede(found, moment, context), response);
    return { response, countsAs, storing: false, current };
  }
  if (!isOwn(response, context)) return { response, countsAs, storing: false, current };
  const { statusText } = response;
  const streaming = recorded(response, parts.maxEntryBytes, (body) => {
    if (isServer && isCutShort(response.headers, body)) return;
    putAway(parts, given, arrived, storedAs({ status, statusText, headers, body, ...times }, judgement));
  });
  return { response: streaming, countsAs, storing: true, current };
}

/**
 * Is the answer this call's own, and unchanged? If several calls share a request, only one of them stores the answer;
 * and a request or an answer that a hook has replaced is for its own call only.
 */
function isOwn(response: Response, { call }: CallContext): boolean {
  return !isCopy(response) && !call.changedByHook;
}

/** Waits for some work, then returns the response; if the caller aborts meanwhile, the body is discarded. */
export async function afterDropping(drop: () => void | Promise<void>, response: Response): Promise<Response> {
  try {
    await drop();
    return response;
  } catch (error) {
    discard(response);
    throw error;
  }
}

/**
 * Stores the response where the next request will look for it. No caller waits for that; the store reports its own
 * failures.
 */
function putAway(
  { variants }: ForwardParts,
  { identity, headers, found, context }: Forward,
  { sent, response, since }: Arrived,
  answer: Stored,
): void {
  const vary = varyOf(response) ?? [];
  const key = identity.keyFor(sent, vary, context.call);
  if (key === undefined || !isOfUse(answer.judged)) return;
  const { freshForMs, staleMs, validators } = answer.judged;
  const revalidatedMs = Object.keys(validators).length > 0 ? keptForRevalidationMs : 0;
  const ttlMs = Math.max(0, freshForMs()) + Math.max(staleMs, revalidatedMs);
  void variants.put({ found, identity: key, stored: answer, vary, headers, ttlMs, since });
}

/** How long a stale answer that can be revalidated is kept: a day. */
const keptForRevalidationMs = 86_400_000;

/**
 * True for a complete, unread answer to this request. An answer that came by a redirect is not stored, since its
 * lifetime is not known. A server failure does not replace an answer that could still be served.
 */
function mayBeStored(response: Response, { stored: current }: Found): boolean {
  const { status, redirected, type, headers } = response;
  if (redirected || type === 'opaque' || type === 'opaqueredirect' || type === 'error' || !isUnread(response))
    return false;
  if (status >= 500 && current && current.entry.status < 400) return false;
  // Most answers that are not stored say so explicitly, and need no further check.
  return !/no-store/i.test(headers.get('cache-control') ?? '');
}

/** A user's `fetch` may return a response that has been read, or whose body is a stream of another kind. */
function isUnread({ body, bodyUsed }: Response): boolean {
  return body === null || (!bodyUsed && typeof body?.getReader === 'function' && !body.locked);
}

/** Can the stored response be used, now or later? */
function isOfUse({ storable, freshForMs, staleMs, validators }: Judged): boolean {
  return storable && (freshForMs() + staleMs > 0 || Object.keys(validators).length > 0);
}

/** The request headers that an answer depends on; `undefined` if they cannot be known. */
function varyOf({ headers, type }: Response): readonly string[] | undefined {
  const vary = headers.get('vary');
  // A page does not see headers that another origin does not expose: the answer may depend on any request header.
  if (vary === null) return !isServer && type === 'cors' ? [anyHeader] : [];
  const names = listOf(vary);
  // A browser does not show the cookies that it sends.
  return names.includes('*') || (!isServer && names.includes('cookie')) ? undefined : names;
}

/** A browser does not always show that a body was compressed, and checks the length itself. */
function isCutShort(headers: Headers, body: Uint8Array): boolean {
  const length = headers.get('content-length');
  return length !== null && !headers.has('content-encoding') && Number(length) !== body.byteLength;
}
