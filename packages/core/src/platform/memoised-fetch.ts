/**
 * While Next.js renders server components, its `fetch` answers equal GETs of one render by the first one's answer: several
 * components ask for the same data, and the server is asked once. A retry is an equal GET, too, so it would get the
 * failure again that it is there to repair, and never reach the server.
 *
 * The first attempt keeps this, as it keeps Next's data cache. Each further attempt carries what Next (and React, which
 * did it before) takes for "not to be memoised" on a Request: `keepalive`, which neither changes what is sent nor is part
 * of the data cache's key. A signal is no such sign, since Next looks for it beside the Request only after it has put
 * both together.
 *
 * @see {@link https://nextjs.org/docs/app/guides/caching#request-memoization}
 */
export function unmemoised(request: Request): Request {
  const isNext = (globalThis.fetch as { readonly __nextPatched?: boolean } | undefined)?.__nextPatched === true;
  const isEqualable = request.method === 'GET' || request.method === 'HEAD';
  return isNext && isEqualable && !request.keepalive ? new Request(request, { keepalive: true }) : request;
}
