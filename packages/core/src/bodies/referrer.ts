/**
 * A Request's referrer settings, to be repeated in each init: `new Request(request, init)` and `fetch(request, init)`
 * take over everything else, so a page that wanted `no-referrer` would reveal its URL.
 *
 * @see Fetch standard, the constructor of Request: "If init is not empty"
 */
export function referrerOf({ referrer, referrerPolicy }: Request): RequestInit | undefined {
  // The Request of a polyfill may have neither.
  if (referrer === undefined) return undefined;
  return referrer === 'about:client' && referrerPolicy === '' ? undefined : { referrer, referrerPolicy };
}
