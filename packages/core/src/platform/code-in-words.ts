import { parsedUrl } from './origin.ts';

/**
 * Node names the cause of a network failure by a code. Deno has it in the message only, with the error number of the
 * operating system (`tcp connect error: Connection refused (os error 111)`); Bun before 1.2 has codes of its own.
 */

/** Error numbers of Linux, macOS and Windows. */
const codeOfNumber: Readonly<Record<string, string>> = {
  ...{ 111: 'ECONNREFUSED', 61: 'ECONNREFUSED', 10061: 'ECONNREFUSED' },
  ...{ 104: 'ECONNRESET', 54: 'ECONNRESET', 10054: 'ECONNRESET' },
  ...{ 103: 'ECONNABORTED', 53: 'ECONNABORTED', 10053: 'ECONNABORTED' },
  ...{ 110: 'ETIMEDOUT', 60: 'ETIMEDOUT', 10060: 'ETIMEDOUT' },
  ...{ 113: 'EHOSTUNREACH', 65: 'EHOSTUNREACH', 10065: 'EHOSTUNREACH' },
  ...{ 101: 'ENETUNREACH', 51: 'ENETUNREACH', 10051: 'ENETUNREACH' },
  ...{ 99: 'EADDRNOTAVAIL', 49: 'EADDRNOTAVAIL', 10049: 'EADDRNOTAVAIL', 32: 'EPIPE' },
};

const codeOfBun: Readonly<Record<string, string>> = {
  ...{ ConnectionRefused: 'ECONNREFUSED', FailedToOpenSocket: 'ECONNREFUSED' },
  ...{ ConnectionClosed: 'ECONNRESET', ConnectionReset: 'ECONNRESET', ZlibError: 'Z_DATA_ERROR' },
};

/** Deno's messages for failures without a number of the operating system. */
const codeOfDeno: readonly (readonly [RegExp, string])[] = [
  [/client error \(Connect\): dns error/, 'ENOTFOUND'],
  [/client error \(Connect\): invalid peer certificate/, 'CERT_REFUSED'],
  [/client error \(Connect\)/, 'EPROTO'],
  [/connection closed before message completed|^error reading a body from connection/, 'ECONNRESET'],
  [/client error \(SendRequest\)/, 'EPROTO'],
  [/^(unexpected end of file|corrupt (deflate|gzip) stream)/, 'Z_DATA_ERROR'],
];

/** Chromium's network, as Electron's `net.fetch` reports it. A page gets no details at all. */
const codeOfChromium: Readonly<Record<string, string>> = {
  ...{ CONNECTION_REFUSED: 'ECONNREFUSED', CONNECTION_FAILED: 'ECONNREFUSED' },
  ...{ NAME_NOT_RESOLVED: 'ENOTFOUND', INTERNET_DISCONNECTED: 'ENETUNREACH', ADDRESS_UNREACHABLE: 'EHOSTUNREACH' },
  ...{ CONNECTION_RESET: 'ECONNRESET', CONNECTION_CLOSED: 'ECONNRESET', EMPTY_RESPONSE: 'ECONNRESET' },
  ...{ INCOMPLETE_CHUNKED_ENCODING: 'ECONNRESET', CONTENT_LENGTH_MISMATCH: 'ECONNRESET' },
  ...{ CONNECTION_ABORTED: 'ECONNABORTED', NETWORK_CHANGED: 'ECONNABORTED', NETWORK_IO_SUSPENDED: 'ECONNABORTED' },
  ...{ CONNECTION_TIMED_OUT: 'ETIMEDOUT', TIMED_OUT: 'ETIMEDOUT', SSL_PROTOCOL_ERROR: 'EPROTO' },
};

const chromium = /\bnet::ERR_(\w+)/;

/**
 * Does this platform follow redirects without naming the URL that failed? Then a refused connection may be that of
 * another server.
 */
export function hidesRedirects(words: string): boolean {
  return chromium.test(words);
}

function codeInChromium(words: string): string | undefined {
  const name = chromium.exec(words)?.[1];
  if (name === undefined) return undefined;
  return codeOfChromium[name] ?? (name.startsWith('CERT_') ? 'CERT_REFUSED' : 'EPROTO');
}

/** The code for a failure that an error reports only in its message. */
export function codeInWords(code: unknown, words: string): string | undefined {
  if (typeof code === 'string' && Object.hasOwn(codeOfBun, code)) return codeOfBun[code];
  const number = /\(os error (\d+)\)/.exec(words)?.[1];
  if (number !== undefined && codeOfNumber[number] !== undefined) return codeOfNumber[number];
  return codeOfDeno.find(([pattern]) => pattern.test(words))?.[1] ?? codeInChromium(words);
}

/** Was there no connection at all, so that nothing of the request was sent? */
function isBeforeConnection(words: string): boolean {
  return /client error \(Connect\)/.test(words);
}

/** The URL that failed, after redirects: `error sending request for url (http://…): client error …`. */
export function urlInWords(words: string): string | undefined {
  return /^error sending request(?: from \S+)? for (?:url \()?([^\s()]+)/.exec(words)?.[1];
}

/** Node names the host that it looked up, or that it began to speak TLS with; and the address and port of a connection. */
export function isElsewhere(error: object, url: string): boolean {
  const { hostname, host, address, port, message } = error as Readonly<Record<string, unknown>>;
  const failed = typeof message === 'string' ? urlInWords(message) : undefined;
  const failedAt = failed === undefined ? undefined : parsedUrl(failed);
  if (failedAt !== undefined) return failedAt.host !== new URL(url).host;
  const name = hostname ?? host;
  const isPort = typeof port === 'number' || typeof port === 'string';
  if (typeof name !== 'string' && !isPort) return false;
  const asked = new URL(url);
  const askedHost = asked.hostname.replace(/^\[|\]$/g, '');
  if (typeof name === 'string' && name !== askedHost) return true;
  if (!isPort) return false;
  const isAddress = /^[\d.]+$|:/.test(askedHost) && typeof name !== 'string';
  const askedPort = asked.port || (asked.protocol === 'https:' ? 443 : 80);
  return Number(port) !== Number(askedPort) || (isAddress && address !== askedHost);
}

/**
 * Node's message for an answer that is not HTTP. A detail in brackets behind it may sound like an error of the client.
 */
const brokenAnswer = /^Response does not match the HTTP\/1\.1 protocol/;

/** The words of the message that say so, if any. */
export function brokenAnswerIn(words: string): string | undefined {
  return brokenAnswer.exec(words)?.[0];
}

/** The other side closed the connection during the TLS handshake: nothing of the request had been sent. */
const beforeSecure = /^Client network socket disconnected before secure TLS connection was established/;

export function isBeforeSecure(words: string): boolean {
  return beforeSecure.test(words);
}

/** By this code an HTTP/2 server says that it has not processed the request: RFC 9113 section 8.7. */
const refusedStream = /^Stream closed with error code NGHTTP2_REFUSED_STREAM/;

/**
 * Was the request refused before anything of it was processed?
 *
 * @param stays The request was not redirected: the error of a refused stream does not name the server.
 */
export function isRefusedBefore(words: string, stays: boolean): boolean {
  return isBeforeConnection(words) || (stays && refusedStream.test(words));
}
