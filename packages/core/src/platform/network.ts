import {
  brokenAnswerIn,
  codeInWords,
  hidesRedirects,
  isBeforeSecure,
  isElsewhere,
  isRefusedBefore,
} from '#code-in-words';
import { userErrorIn } from './of-user.ts';

/**
 * What a platform's network failure means. fetch hides it under "fetch failed": the code is on a cause, or on the
 * errors of an AggregateError where several addresses were tried. A browser shows nothing at all.
 */

/** Nothing reached the server: there was no connection, or its name was not found. */
const neverSent: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  ...['EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT'],
]);

/** A connection failed, perhaps after something was sent. */
const connectionCodes: ReadonlySet<string> = new Set([
  ...['ECONNRESET', 'ECONNABORTED', 'ENETRESET', 'ENOTCONN', 'ENOTSOCK', 'EPIPE', 'EPROTO', 'ESHUTDOWN'],
  ...['ESOCKETTIMEDOUT', 'ETIMEDOUT'],
]);

/**
 * Codes of a socket, a name server, TLS or HTTP in Node, undici and Bun; `ENOENT`, `EACCES` and similar codes concern
 * files.
 */
const networkCode =
  /^((EAI|UND_ERR|HPE)_\w+|ERR_(SSL|TLS|HTTP2|SOCKET)_\w+|ERR_STREAM_PREMATURE_CLOSE|E(TIMEOUT|SERVFAIL|REFUSED|BADRESP|NODATA)|Connection(Refused|Reset|Closed)|FailedToOpenSocket)$/;

/** Is it a code that a platform gives a failure of the network, and not one of a file or of a program's own? */
export function isNetworkCode(code: string): boolean {
  return neverSent.has(code) || connectionCodes.has(code) || networkCode.test(code) || certificateCode.test(code);
}

/**
 * Does an error that a user's function threw say that there was no answer, by a code or in a platform's words? A
 * code of something else goes before words: "fetch failed" because of a missing file is no failure of the network.
 */
export function isNetworkFailure(error: unknown): boolean {
  const { name, message, code } = Object(error) as { name?: unknown; message?: unknown; code?: unknown };
  if (typeof code === 'string' && isNetworkCode(code)) return true;
  const { codes } = networkFailure(error);
  if (codes.length > 0) return codes.some((each) => isNetworkCode(each) || requestCode.test(each));
  return name === 'NetworkError' || (name === 'TypeError' && isNetworkMessage(String(message)) && !isMadeUp(error));
}

/** Safari's words name the host, and its errors have no stack, unless Sentry has added one: this one code has made. */
function isMadeUp(error: unknown): boolean {
  const { message, stack } = error as Error;
  if (!/^load failed \(.*\)$/i.test(message) || stack === undefined) return false;
  return !['framesToPop', '__sentry_captured__'].some((mark) => mark in (error as Error));
}

/**
 * A certificate that is refused now will be refused again. Each platform checks it before it sends anything.
 */
const certificateCode =
  /^(CERT_|CRL_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT)|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))/;

/** The request itself is at fault. */
const requestCode =
  /^(ERR_INVALID_|ERR_UNESCAPED_|ERR_HTTP_INVALID_|UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED|UND_ERR_REQ_CONTENT_LENGTH|UND_MOCK_ERR_)/;

/**
 * Requests that fetch itself refuses; only its message says so. The matched text becomes the reason, and holds no
 * secrets.
 */
const permanentWords =
  /integrity mismatch|bad port|(unknown|unsupported) scheme|scheme must be|scheme is not supported|redirect count exceeded|unexpected redirect|malformed|(failed to parse|invalid) url|invalid (header|method)|is an invalid/i;

/** How platforms say that there was no answer: Node, Chromium, Firefox, Safari, Deno, Bun, workers. */
const networkWords =
  /^\s*(fetch failed|failed to fetch|load failed|terminated|network ?error|a network error|network request failed|network connection lost|the internet connection|error sending request)/i;

/** How platforms say that a body broke off, where that differs: Node, Chromium, Firefox, Safari, Deno, Bun, workers. */
const brokenBodyWords =
  /^\s*(error in (input|body) stream|(request or response body error|error reading a body|error decoding response)|the (socket|network) connection was (closed|lost)|connection (closed|reset|error)|response body (is )?(closed|aborted)|premature close)/i;

/** Does the error of a body's reader say that the connection broke, or that the body can't be decoded? */
export function isBrokenBody(error: unknown): boolean {
  if (userErrorIn(error)) return false;
  const { message, code } = Object(error) as { readonly message?: unknown; readonly code?: unknown };
  if (typeof code === 'string' && isNetworkCode(code)) return true;
  const words = typeof message === 'string' ? message : '';
  if (codeInWords(code, words) !== undefined) return true;
  return networkWords.test(words) || brokenBodyWords.test(words);
}

/**
 * Is a TypeError about the network, or about a request that no fetch can send, rather than about a bug? Its message
 * says it.
 */
function isNetworkMessage(message: string): boolean {
  return networkWords.test(message) || permanentWords.test(message);
}

/**
 * A transport that knows for certain that nothing of a request was sent says so by this symbol on the error, with `true`:
 * where a handshake fails, a code does not say so.
 */
export const unsent: unique symbol = Symbol('holdfast.unsent');

export interface NetworkFailure {
  /** The platform's codes, such as `ECONNREFUSED`, of the error and of its causes. */
  readonly codes: readonly string[];
  /** The first of these codes. */
  readonly code: string | undefined;
  /** The code, or some words of the message if there is none. */
  readonly reason: string | undefined;
  /** Certainly nothing was sent, or nothing of it was looked at. */
  readonly neverSent: boolean;
  /** Another attempt would fail in the same way. */
  readonly permanent: boolean;
  /** Another server failed than the requested one: one to which it redirected. */
  readonly elsewhere: boolean;
}

/**
 * Reads the cause of a failed fetch, from its error or from an error that wraps it.
 *
 * @param url The requested URL. A connection that was refused by another host was refused after a redirect: then the
 * server has had the request, and has acted on it.
 * @param stays The function that sends follows no redirect by itself. The error of a refused certificate or stream does
 * not name the server.
 */
export function networkFailure(error: unknown, url?: string, stays = false): NetworkFailure {
  const codes: string[] = [];
  let isKnown = false;
  let elsewhere = false;
  let sent = false;
  let broken: string | undefined;
  let permanent: string | undefined;
  const seen = new Set<unknown>();
  const visit = (one: unknown, isUnsent: boolean): void => {
    if (typeof one !== 'object' || one === null || seen.has(one) || seen.size > 20) return;
    seen.add(one);
    const { code, message, cause, errors, [unsent]: nothingSent } = one as { readonly [key: PropertyKey]: unknown };
    const isMarked = isUnsent || nothingSent === true;
    const words = typeof message === 'string' ? message : '';
    const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : codeInWords(code, words);
    // Our own errors wrap a platform's: their code says nothing of the network.
    if (known !== undefined && known !== 'NETWORK') {
      codes.push(known);
      const isOfThis = isRefusedBefore(words, stays) || (stays && certificateCode.test(known));
      const wasHere = stays || !hidesRedirects(words);
      sent ||= !isMarked && !(neverSent.has(known) && wasHere) && !isBeforeSecure(words) && !isOfThis;
    }
    isKnown ||= isMarked;
    elsewhere ||= !isMarked && url !== undefined && isElsewhere(one, url);
    broken ??= brokenAnswerIn(words);
    permanent ??= permanentWords.exec(words)?.[0];
    visit(cause, isMarked);
    if (Array.isArray(errors)) for (const each of errors) visit(each, isMarked);
  };
  visit(error, false);
  return {
    codes,
    code: codes[0],
    reason: codes[0] ?? broken ?? permanent,
    neverSent: (isKnown || codes.length > 0) && !elsewhere && !sent,
    permanent:
      codes.some((code) => certificateCode.test(code) || requestCode.test(code)) ||
      (codes.length === 0 && broken === undefined && permanent !== undefined),
    elsewhere,
  };
}
