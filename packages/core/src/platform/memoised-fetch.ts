/**
 * While Next.js renders server components, its `fetch` answers equal GETs of one render by the first one's answer:
 * several components ask for the same data, and the server is asked once. A retry is an equal GET, too, so it would get
 * the same failure again, and never reach the server.
 *
 * The first attempt keeps this behaviour, and Next's data cache with it. Each further attempt carries `keepalive`, by
 * which Next (and React before it) recognises a Request that is not to be memoised; it neither changes what is sent nor
 * belongs to the data cache's key. A signal would not help: Next looks for one in the init only after it has merged the
 * init into the Request.
 *
 * @see {@link https://nextjs.org/docs/app/guides/caching#request-memoization}
 */
export function unmemoised(request: Request): Request {
  const isNext = (globalThis.fetch as { readonly __nextPatched?: boolean } | undefined)?.__nextPatched === true;
  const isEqualable = request.method === 'GET' || request.method === 'HEAD';
  return isNext && isEqualable && !request.keepalive ? new Request(request, { keepalive: true }) : request;
}
