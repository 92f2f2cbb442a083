import type { CallContext, Handler, Strategy } from '@holdfast/core';
import { discard, judgeStored, mayChange, originOf, parsedUrl, type StaleBecause } from '@holdfast/core/internal/late';
import type { HeaderFields } from '../rules/policy.ts';
import { fieldsOf, locatedResponse, momentOf, type Stored, toResponse } from '../store/entry.ts';
import type { InBackground } from './background.ts';
import { afterDropping, type Forward, type ForwardParts, forward } from './forward.ts';
import type { Identities } from './identity.ts';
import { type Plan, planOf } from './plan.ts';
import { partOf } from './range.ts';
import type { Revalidator } from './revalidate.ts';
import { cacheStatus, type Failure, failureOf, mayBeStale } from './stale.ts';

/** The state that the calls of one ring share. */
export interface ServeParts extends ForwardParts {
  readonly identities: Identities;
  readonly revalidator: Revalidator;
  readonly inBackground: InBackground;
}

/** Answers a GET or HEAD from the cache, or else from the inner rings; passes on all other requests. */
export function serve(parts: ServeParts): Strategy['execute'] {
  return async (request, next, context) => {
    context.signal.throwIfAborted();
    if (mayChange(request)) return change(parts, request, next, context);
    // A stream that continues from its reader's position is not stored.
    if (context.settings.opening) return next(request, context);
    const { method } = request;
    const headers: HeaderFields = Object.fromEntries(request.headers);
    const plan = method === 'GET' || method === 'HEAD' ? planOf(request, headers) : undefined;
    const identity = plan && (await parts.identities.of(request, headers, context));
    if (!identity) return plan?.onlyIfCached ? notCached(request.url) : next(request, context);
    const found = await parts.variants.find(request.url, identity.key, headers, context);
    const about = plan.reads && isFor(request, found.stored) ? found.stored : undefined;
    const given: Forward = { request, headers, identity, next, context, found, about };
    const answer = about && (await fromCache(parts, { ...given, about }, plan));
    if (answer) return answer;
    if (plan.onlyIfCached) return notCached(request.url);
    if (plan.range) return next(request, context);
    return method === 'HEAD' ? head(parts, given) : get(parts, given, plan);
  };
}

/** A stored redirect is for a caller that follows it by hand; other callers get the answer to which it leads. */
function isFor({ redirect }: Request, stored: Stored | undefined): boolean {
  const isRedirect = stored !== undefined && stored.entry.status >= 300 && stored.entry.status < 400;
  return !isRedirect || redirect === 'manual';
}

interface WithStored extends Forward {
  readonly about: Stored;
}

/** The stored response, if it may answer the request. */
async function fromCache(parts: ServeParts, given: WithStored, plan: Plan): Promise<Response | undefined> {
  const { about, context, request } = given;
  const { judged } = about;
  const maxStale = judged.neverStale ? '' : plan.maxStale;
  const cacheControl = maxStale === '' ? plan.cacheControl : `${maxStale}, ${plan.cacheControl}`;
  const verdict = plan.anyAge ? 'yes' : judged.answers(cacheControl);
  if (verdict === 'no') return undefined;
  const isFresh = judged.freshForMs() > 0;
  if (plan.range) {
    const part = isFresh && partOf(about, plan.range, request.url, cacheStatus(about, 'hit'));
    if (part) context.emit['cache.hit']?.({ call: context.call }, figuresOf(about));
    return part || undefined;
  }
  if (isFresh) {
    const response = toResponse(about, request, cacheStatus(about, 'hit'));
    // A stored error is judged like an attempt: if the policies would retry, the request is sent.
    if (about.entry.status >= 400 && !(await judgeStored(response, request, context))) return undefined;
    context.emit['cache.hit']?.({ call: context.call }, figuresOf(about));
    return response;
  }
  if (verdict === 'yes' || plan.onlyIfCached) return stale(given, 'asked', {}, 'hit');
  parts.revalidator.revalidate(given, parts.inBackground);
  return stale(given, 'revalidating', {}, 'hit', 'detail=stale-while-revalidate');
}

function stale(
  { about, context, request }: WithStored,
  because: StaleBecause,
  failure: Failure,
  ...how: string[]
): Response {
  context.emit['cache.stale']?.({ call: context.call }, { ...figuresOf(about), because, ...failure });
  return toResponse(about, request, cacheStatus(about, ...how));
}

function figuresOf({ judged }: Stored): { readonly ageMs: number; readonly freshForMs: number } {
  return { ageMs: Math.round(judged.ageMs()), freshForMs: Math.round(judged.freshForMs()) };
}

/** @see RFC 9111 section 5.2.1.7 */
function notCached(url: string): Response {
  const headers = { 'cache-status': 'Holdfast; detail=only-if-cached' };
  return locatedResponse(url, null, { status: 504, statusText: 'Gateway Timeout', headers });
}

/** Answers from the server; if that fails, from the stored response, if that is allowed. */
async function get(parts: ServeParts, given: Forward, plan: Plan): Promise<Response> {
  const { about } = given;
  if (!about || !mayBeStale(about, plan)) return (await forward(parts, given)).response;
  const came = await forward(parts, given).catch((error: unknown) => ({ error }));
  const failure = failureOf(came);
  const { signal } = given.context;
  // The stored response may have become too old during the wait for the server.
  if (!failure || signal.aborted || !mayBeStale(about, plan)) {
    if ('error' in came) throw came.error;
    return came.response;
  }
  if (!('error' in came)) discard(came.response);
  const forwarded = failure.status === undefined ? [] : [`fwd-status=${failure.status}`];
  return stale({ ...given, about }, 'error', failure, 'fwd=stale', ...forwarded, 'detail=stale-if-error');
}

/** A HEAD shows whether the stored answer is still what a GET would get. @see RFC 9111 section 4.3.5 */
async function head(parts: ServeParts, { request, next, context, found }: Forward): Promise<Response> {
  const { clock } = context.call;
  const requestedAt = clock.wallNow();
  const response = await next(request, context);
  if (!found.stored || !response.ok) return response;
  const fields = fieldsOf(found.stored.entry.headers);
  const isOther = ['etag', 'last-modified', 'content-length'].some((name) => {
    const said = response.headers.get(name);
    return said !== null && fields[name] !== undefined && said !== fields[name];
  });
  if (!isOther) return response;
  const moment = momentOf({ headers: [...response.headers], requestedAt, receivedAt: clock.wallNow() });
  return afterDropping(() => parts.variants.supersede(found, moment, context), response);
}

/**
 * A request that may change something: once it has succeeded, what is stored for its URL, and for the URLs that its
 * answer names, is no longer valid, for any sender.
 *
 * @see RFC 9111 section 4.4
 */
async function change(parts: ServeParts, request: Request, next: Handler, context: CallContext): Promise<Response> {
  const response = await next(request, context);
  if (response.status >= 400) return response;
  const urls = new Set([request.url, ...namedBy(response, request.url)]);
  const drop = async (): Promise<void> => {
    await Promise.all([...urls].map((url) => parts.variants.invalidate(url, context)));
  };
  return afterDropping(drop, response);
}

/** Only URLs of the same origin count: no server may invalidate the answers of another. */
function namedBy({ headers, url: answeredAt }: Response, url: string): readonly string[] {
  return [headers.get('location'), headers.get('content-location'), answeredAt].flatMap((value) => {
    const href = value === null || value === '' ? undefined : parsedUrl(value, url)?.href;
    return href !== undefined && originOf(href) === originOf(url) ? [href] : [];
  });
}
