let lastUrl = '';
let lastOrigin = '';

/**
 * The origin of a normalized http(s) URL, as it stands in `request.url`: cheaper than a URL object for each call. Several
 * rings ask for that of the same request, one after the other.
 */
export function originOf(url: string): string {
  if (url !== lastUrl) {
    lastUrl = url;
    lastOrigin = cutOrigin(url);
  }
  return lastOrigin;
}

function cutOrigin(url: string): string {
  const authority = url.indexOf('//') + 2;
  for (let end = authority; end < url.length; end++) {
    const character = url.charCodeAt(end);
    if (character === 47 || character === 63 || character === 35) return url.slice(0, end);
  }
  return url;
}

/** `URL.parse()`, which not every platform has: React Native has neither it nor `URL.canParse()`. */
export function parsedUrl(url: string, base?: string | URL): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

/** The URL in an option, a key or a store's value, if it is that of an http(s) server. */
export function httpUrl(value: unknown): URL | undefined {
  return typeof value === 'string' && /^https?:\/\//i.test(value) ? parsedUrl(value) : undefined;
}

/**
 * The URL that an answer came from: after a redirect it is another one than the request's. What an answer says concerns
 * the origin that gave it, and never the one that redirected there.
 */
export function answeredUrl(request: Pick<Request, 'url'>, response: Response): string {
  return response.redirected && response.url !== '' ? response.url : request.url;
}

/** Did another origin answer than the one that was asked? */
export function isFromElsewhere(request: Pick<Request, 'url'>, response: Response): boolean {
  return response.redirected && originOf(answeredUrl(request, response)) !== originOf(request.url);
}
