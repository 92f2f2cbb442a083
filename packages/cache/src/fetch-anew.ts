import { type CallContext, discard, type Handler, isServer, originOf } from '@holdfast/core';
import { fieldsOf, freshened, isMeant, judged, type Kept, keptAs, keptHeaders, toResponse } from './entry.ts';
import { anyHeader } from './key.ts';
import { cacheStatus } from './outcomes.ts';
import type { Place } from './partition.ts';
import type { HeaderFields, Judge, Judged, Times } from './policy.ts';
import { recorded } from './recording.ts';
import type { Found, Shelf } from './shelf.ts';

export interface FetchParts {
  readonly judge: Judge;
  readonly shelf: Shelf;
  readonly maxEntryBytes: number;
}

/** A GET that goes to the server, and what the cache knows of it. */
export interface Errand {
  readonly request: Request;
  readonly headers: HeaderFields;
  readonly place: Place;
  readonly next: Handler;
  readonly context: CallContext;
  /** What was there, if anybody has looked. */
  readonly found: Found | undefined;
  /** What of it the server is asked about. */
  readonly kept: Kept | undefined;
}

/** What came of it. */
export interface Fetched {
  readonly response: Response;
  /** Its body is kept once it has been read. */
  readonly keeping: boolean;
}

/** Asks the server, by the validators of what is there; keeps what it gives, where it may be kept. */
export async function fetchAnew(parts: FetchParts, errand: Errand): Promise<Fetched> {
  const { next, context, kept, request } = errand;
  const { shelf } = parts;
  const since = shelf.now();
  const sent = kept ? conditional(request, errand.headers, kept.judged) : request;
  const startedAt = context.call.clock.wallNow();
  const response = await next(sent, context);
  const times = timesOf(context, startedAt);
  const arrived: Arrived = { sent, response, times, since };
  if (!kept || sent === request) return keep(parts, errand, arrived);
  if (response.status === 304) return notModified(parts, { ...errand, kept }, arrived);
  if (response.ok)
    context.emit['cache.revalidated']?.({ call: context.call }, { status: response.status, outcome: 'replaced' });
  return keep(parts, errand, arrived);
}

interface Arrived {
  /** The request as it was sent. */
  readonly sent: Request;
  readonly response: Response;
  readonly times: Times;
  readonly since: number;
}

/** The last attempt's times: what was waited for before it makes no answer older. */
function timesOf({ call }: CallContext, startedAt: number): Times {
  const { clock } = call;
  const receivedAt = clock.wallNow();
  const last = call.attempts.at(-1);
  if (last === undefined) return { requestedAt: startedAt, receivedAt };
  return { requestedAt: receivedAt - (clock.now() - call.startedAt - last.startedMs), receivedAt };
}

/**
 * The same request with validators; the very same where there are none. For another origin a browser would first have to
 * ask whether these headers are allowed, so there its own cache is told to ask the server.
 */
function conditional(request: Request, headers: HeaderFields, { validators }: Judged): Request {
  if (Object.keys(validators).length === 0) return request;
  const page = (globalThis as { location?: { origin: string } }).location?.origin;
  if (!isServer && page !== originOf(request.url)) return new Request(request, { cache: 'no-cache' });
  return new Request(request, { headers: { ...headers, ...validators } });
}

/** @see RFC 9111 section 4.3.4 */
async function notModified(
  parts: FetchParts,
  errand: Errand & { readonly kept: Kept },
  arrived: Arrived,
): Promise<Fetched> {
  const { request, place, context, kept } = errand;
  const { response, times } = arrived;
  if (!isMeant(kept.entry, response.headers)) {
    // It tells of another answer than the one that is here: so that one can't be told to be good.
    await afterDropping(parts.shelf, keyIn(place), response, context);
    return fetchAnew(parts, { ...errand, kept: undefined });
  }
  const status = kept.judged.freshForMs() > 0 ? 'fwd=request' : 'fwd=stale';
  const now = judged(freshened(kept.entry, response.headers, times), parts.judge);
  context.emit['cache.revalidated']?.({ call: context.call }, { status: 304, outcome: 'same' });
  if (!context.call.hasCopy) putAway(parts, errand, arrived, now);
  return { response: toResponse(now, request, cacheStatus(now, status, 'fwd-status=304')), keeping: false };
}

/** Hands the response on, and keeps its body while it is read, where it may be kept. */
async function keep(parts: FetchParts, errand: Errand, arrived: Arrived): Promise<Fetched> {
  const { context, kept, place } = errand;
  const { response, times } = arrived;
  const headers = isSuccess(response) && !isRefused(response) ? keptHeaders(response.headers) : undefined;
  const judgement = headers && parts.judge(response.status, fieldsOf(headers), times);
  const length = Number(response.headers.get('content-length') ?? 0);
  if (!headers || !judgement || !isOfUse(judgement) || !varyOf(response) || length > parts.maxEntryBytes) {
    const isGone = response.ok || response.status === 404 || response.status === 410;
    if ((kept || !errand.found) && isGone) await afterDropping(parts.shelf, keyIn(place), response, context);
    return { response, keeping: false };
  }
  if (context.call.hasCopy) return { response, keeping: false };
  const { status, statusText } = response;
  const streaming = recorded(response, parts.maxEntryBytes, (body) => {
    if (isServer && isCutShort(response.headers, body)) return;
    putAway(parts, errand, arrived, keptAs({ status, statusText, headers, body, ...times }, judgement));
  });
  return { response: streaming, keeping: true };
}

function keyIn({ key }: Place): readonly string[] {
  return key === undefined ? [] : [key];
}

/** The response, once what is no longer true is gone; a caller who leaves meanwhile leaves no body behind. */
export async function afterDropping(
  shelf: Shelf,
  keys: Iterable<string>,
  response: Response,
  context: CallContext,
): Promise<Response> {
  try {
    await Promise.all([...keys].map((key) => shelf.drop(key, context)));
    return response;
  } catch (error) {
    discard(response);
    throw error;
  }
}

/** Puts it where the next one will look for it. Nobody waits for that, and whatever fails there is told by the store. */
function putAway(
  { shelf }: FetchParts,
  { place, headers, found, context }: Errand,
  { sent, response, since }: Arrived,
  kept: Kept,
): void {
  const vary = varyOf(response) ?? [];
  const key = place.keyFor(sent, vary, context.call);
  if (key === undefined || !isOfUse(kept.judged)) return;
  const { freshForMs, staleMs, validators } = kept.judged;
  const revalidatedMs = Object.keys(validators).length > 0 ? keptForRevalidationMs : 0;
  const ttlMs = Math.max(0, freshForMs()) + Math.max(staleMs, revalidatedMs);
  void shelf.put(key, { kept, vary, headers, ttlMs, found }, since);
}

/** What may be asked about again is worth to be kept for a day, though it is stale. */
const keptForRevalidationMs = 86_400_000;

/**
 * A whole answer to this very request. An error is not kept, since its policy takes an attempt to decide; nor is what
 * came by a redirect, of which nobody knows for how long it holds.
 */
function isSuccess(response: Response): boolean {
  return response.ok && response.status !== 206 && !response.redirected && isUnread(response);
}

/** Most of what is not kept is refused in so many words, and needs no judgement. */
function isRefused({ headers }: Response): boolean {
  return /no-store/i.test(headers.get('cache-control') ?? '');
}

/** A `fetch` of the user's may give a response that somebody has read, or whose body is a stream of another kind. */
function isUnread({ body, bodyUsed }: Response): boolean {
  return body === null || (!bodyUsed && !body.locked && typeof body.getReader === 'function');
}

/** Is it, or will it be, good for anything? */
function isOfUse({ storable, freshForMs, staleMs, validators }: Judged): boolean {
  return storable && (freshForMs() + staleMs > 0 || Object.keys(validators).length > 0);
}

/** The request headers that an answer depends on; nothing where nobody can tell. */
function varyOf({ headers, type }: Response): readonly string[] | undefined {
  const vary = headers.get('vary');
  // A page does not see what another origin does not expose: it may depend on anything that was asked.
  if (vary === null) return !isServer && type === 'cors' ? [anyHeader] : [];
  const names = vary
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  // A browser does not show the cookies that it sends.
  return names.includes('*') || (!isServer && names.includes('cookie')) ? undefined : names;
}

/** A browser does not always show that a body was packed, and looks at the length by itself. */
function isCutShort(headers: Headers, body: Uint8Array): boolean {
  const length = headers.get('content-length');
  return length !== null && !headers.has('content-encoding') && Number(length) !== body.byteLength;
}
