/**
 * What a platform's network failure means. fetch hides it under "fetch failed": the code stands on a cause, or on the
 * errors of an AggregateError where several addresses were tried. A browser tells nothing at all.
 */

/** Nothing reached the server: no connection, or no name for it. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Certificates that are refused now are refused in a second, too. */
const certificateCode =
  /^(CERT_|CRL_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT)|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))/;

/** The request itself is at fault. */
const requestCode =
  /^(ERR_INVALID_|ERR_UNESCAPED_|ERR_HTTP_INVALID_|UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED|UND_ERR_REQ_CONTENT_LENGTH)/;

/** What fetch refuses by itself; it says so in words only. What matches stands for the reason, and holds no secrets. */
const permanentWords =
  /bad port|(unknown|unsupported) scheme|scheme must be|scheme is not supported|redirect count exceeded|unexpected redirect|malformed|(failed to parse|invalid) url|invalid (header|method)|is an invalid/i;

/** How platforms say that there was no answer: Node, Chromium, Firefox, Safari, Deno, Bun, workers. */
const networkWords =
  /^\s*(fetch failed|failed to fetch|load failed|terminated|network ?error|a network error|network request failed|network connection lost|the internet connection|error sending request)/i;

/** Does a TypeError's message speak of the network, or of what no fetch can send, rather than of a bug? */
export function isNetworkMessage(message: string): boolean {
  return networkWords.test(message) || permanentWords.test(message);
}

export interface NetworkFailure {
  /** The platform's code, such as `ECONNREFUSED`. */
  readonly code: string | undefined;
  /** The code, or some words of the message where there is none. */
  readonly reason: string | undefined;
  /** Certainly nothing was sent. */
  readonly neverSent: boolean;
  /** A second try can't change it. */
  readonly permanent: boolean;
}

/**
 * Reads what a failed fetch, or an error that wraps one, says of its cause.
 *
 * @param url What was asked for. A connection that was refused elsewhere was refused after a redirect: then the server
 * has had the request, and has acted on it.
 */
export function networkFailure(error: unknown, url?: string): NetworkFailure {
  const codes: string[] = [];
  let elsewhere = false;
  let words: string | undefined;
  const seen = new Set<unknown>();
  const visit = (one: unknown): void => {
    if (typeof one !== 'object' || one === null || seen.has(one) || seen.size > 20) return;
    seen.add(one);
    const { code, message, cause, errors } = one as { [key: string]: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) && !ownCodes.has(code)) codes.push(code);
    elsewhere ||= url !== undefined && isElsewhere(one, url);
    if (typeof message === 'string') words ??= permanentWords.exec(message)?.[0];
    visit(cause);
    if (Array.isArray(errors)) errors.forEach(visit);
  };
  visit(error);
  return {
    code: codes[0],
    reason: codes[0] ?? words,
    neverSent: !elsewhere && codes.length > 0 && codes.every((code) => neverSent.has(code)),
    permanent:
      codes.some((code) => certificateCode.test(code) || requestCode.test(code)) ||
      (codes.length === 0 && words !== undefined),
  };
}

/** Node names the host that it looked up, and the address and port that it connected to. */
function isElsewhere(error: object, url: string): boolean {
  const { hostname, address, port } = error as { hostname?: unknown; address?: unknown; port?: unknown };
  if (typeof hostname !== 'string' && typeof port !== 'number') return false;
  const asked = new URL(url);
  const host = asked.hostname.replace(/^\[|\]$/g, '');
  if (typeof hostname === 'string') return hostname !== host;
  const isAddress = /^[\d.]+$|:/.test(host);
  return port !== Number(asked.port || (asked.protocol === 'https:' ? 443 : 80)) || (isAddress && address !== host);
}

/** Our own errors wrap a platform's: their codes say nothing of the network. */
const ownCodes: ReadonlySet<string> = new Set(['NETWORK']);
