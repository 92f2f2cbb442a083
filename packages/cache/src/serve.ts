import { type CallContext, discard, type Handler, originOf, type StaleBecause, type Strategy } from '@holdfast/core';
import type { Background } from './background.ts';
import { fieldsOf, type Kept, locatedResponse, toResponse } from './entry.ts';
import { afterDropping, type Errand, type Fetched, type FetchParts, fetchAnew } from './fetch-anew.ts';
import { cacheStatus, type Failure, failureOf, mayBeStale } from './outcomes.ts';
import type { Partitions } from './partition.ts';
import { type Plan, planOf } from './plan.ts';
import type { HeaderFields } from './policy.ts';

/** What the calls of one ring share. */
export interface ServeParts extends FetchParts {
  readonly partitions: Partitions;
  /** How a call begins that nobody waits for, where no client does it. */
  readonly alone: Background;
  /** What is being fetched anew in the background. */
  readonly underWay: Set<string>;
}

const safe: ReadonlySet<string> = new Set(['OPTIONS', 'TRACE', 'QUERY']);

/** Answers a GET or HEAD from the cache, or from what lies further inside; lets all else pass. */
export function serve(parts: ServeParts): Strategy['execute'] {
  return async (request, next, context) => {
    context.signal.throwIfAborted();
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      return safe.has(method) ? next(request, context) : change(parts, request, next, context);
    }
    const headers: HeaderFields = Object.fromEntries(request.headers);
    const plan = planOf(request, headers);
    if (!plan) return next(request, context);
    const place = await parts.partitions.placeOf(request, headers, context);
    const isHead = method === 'HEAD';
    const looks = (plan.reads || isHead) && place.key !== undefined;
    const found = looks ? await parts.shelf.find(place.key, headers, context) : undefined;
    const kept = found?.kept;
    const errand: Errand = { request, headers, place, next, context, found, kept };
    const answer = plan.reads && kept ? fromCache(parts, { ...errand, kept }, plan) : undefined;
    if (answer) return answer;
    if (plan.onlyIfCached) return notCached(request.url);
    return isHead ? head(parts, errand) : get(parts, errand, plan);
  };
}

interface WithKept extends Errand {
  readonly kept: Kept;
}

/** What is there, if it will do. */
function fromCache(parts: ServeParts, errand: WithKept, plan: Plan): Response | undefined {
  const { kept, context, request } = errand;
  const { judged } = kept;
  const maxStale = judged.neverStale ? '' : plan.maxStale;
  const cacheControl = maxStale === '' ? plan.cacheControl : `${maxStale}, ${plan.cacheControl}`;
  const verdict = plan.anyAge ? 'yes' : judged.answers(cacheControl);
  if (verdict === 'no') return undefined;
  if (judged.freshForMs() > 0) {
    context.emit['cache.hit']?.({ call: context.call }, figuresOf(kept));
    return toResponse(kept, request, cacheStatus(kept, 'hit'));
  }
  if (verdict === 'yes' || plan.onlyIfCached) return stale(errand, 'asked', {}, 'hit');
  revalidate(parts, errand);
  return stale(errand, 'revalidating', {}, 'hit', 'detail=stale-while-revalidate');
}

function stale(
  { kept, context, request }: WithKept,
  because: StaleBecause,
  failure: Failure,
  ...how: string[]
): Response {
  context.emit['cache.stale']?.({ call: context.call }, { ...figuresOf(kept), because, ...failure });
  return toResponse(kept, request, cacheStatus(kept, ...how));
}

function figuresOf({ judged }: Kept): { readonly ageMs: number; readonly freshForMs: number } {
  return { ageMs: Math.round(judged.ageMs()), freshForMs: Math.round(judged.freshForMs()) };
}

/** @see RFC 9111 section 5.2.1.7 */
function notCached(url: string): Response {
  const headers = { 'cache-status': 'Holdfast; detail=only-if-cached' };
  return locatedResponse(url, null, { status: 504, statusText: 'Gateway Timeout', headers });
}

/** From the server; where that fails, what is there will do if it is allowed to. */
async function get(parts: ServeParts, errand: Errand, plan: Plan): Promise<Response> {
  const { kept } = errand;
  if (!kept || !mayBeStale(kept, plan)) return (await fetchAnew(parts, errand)).response;
  const came = await fetchAnew(parts, errand).catch((error: unknown) => ({ error }));
  const failure = failureOf(came);
  const { signal } = errand.context;
  // It may have become too old while the server was waited for.
  if (!failure || signal.aborted || !mayBeStale(kept, plan)) {
    if ('error' in came) throw came.error;
    return came.response;
  }
  if (!('error' in came)) discard(came.response);
  const forwarded = failure.status === undefined ? [] : [`fwd-status=${failure.status}`];
  return stale({ ...errand, kept }, 'error', failure, 'fwd=stale', ...forwarded, 'detail=stale-if-error');
}

/** A HEAD tells whether what is there still is what a GET would get. @see RFC 9111 section 4.3.5 */
async function head(parts: ServeParts, { request, next, context, kept, place }: Errand): Promise<Response> {
  const response = await next(request, context);
  if (!kept || !response.ok || place.key === undefined) return response;
  const fields = fieldsOf(kept.entry.headers);
  const isOther = ['etag', 'last-modified', 'content-length'].some((name) => {
    const said = response.headers.get(name);
    return said !== null && fields[name] !== undefined && said !== fields[name];
  });
  return isOther ? afterDropping(parts.shelf, [place.key], response, context) : response;
}

/** Fetches anew what was given stale; once for all who get it stale meanwhile. */
function revalidate(parts: ServeParts, errand: WithKept): void {
  const { place, context } = errand;
  const key = place.key as string;
  if (parts.underWay.has(key)) return;
  parts.underWay.add(key);
  // Made now: when the call has ended, its Request is not to be touched any more.
  const request = new Request(errand.request, { method: 'GET', signal: null });
  const detach = context.detach ?? parts.alone.detach;
  const ended = detach(request, context, async (detached) => {
    const fetched = await fetchAnew(parts, { ...errand, request, context: detached });
    await readWhole(fetched);
    return fetched.response;
  });
  void ended.finally(() => parts.underWay.delete(key));
}

/** It is kept when it has been read; what is not kept is not read, either. */
async function readWhole({ response, keeping }: Fetched): Promise<void> {
  if (!keeping || !response.body) return discard(response);
  const reader = response.body.getReader();
  while (!(await reader.read()).done);
}

/**
 * A method that may change something: once it has succeeded, what is there for its URL, and for those that its answer
 * names, is gone.
 *
 * @see RFC 9111 section 4.4
 */
async function change(parts: ServeParts, request: Request, next: Handler, context: CallContext): Promise<Response> {
  const headers: HeaderFields = Object.fromEntries(request.headers);
  const sender = parts.partitions.sender(request, headers, context);
  const response = await next(request, context);
  if (response.status >= 400) return response;
  const keys = new Set([request.url, ...namedBy(response, request.url)].map(sender()));
  return afterDropping(parts.shelf, keys, response, context);
}

/** Of the same origin only: nobody may speak for another. */
function namedBy({ headers }: Response, url: string): readonly string[] {
  return ['location', 'content-location'].flatMap((name) => {
    const value = headers.get(name);
    if (value === null || !URL.canParse(value, url)) return [];
    const { href } = new URL(value, url);
    return originOf(href) === originOf(url) ? [href] : [];
  });
}
