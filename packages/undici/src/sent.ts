import type { CallContext } from '@holdfast/core';
import { bodySource, refererHeader } from '@holdfast/core/internal/late';
import { originHeader } from './page.ts';

/**
 * The request's headers, names and values in turn, and those that fetch adds if the request does not have them.
 *
 * @param given Headers in the caller's own notation; a Request shows their names in lower case.
 */
export function sentHeaders(request: Request, given: CallContext['headersGiven']): string[] {
  const { headers, url, mode, cache } = request;
  const written = given && namesAsWritten(given);
  const sent: string[] = [];
  let present = 0;
  for (const [name, value] of headers) {
    // This comes from the URL.
    if (name === 'host') continue;
    sent.push(written?.get(name) ?? name, value);
    present |= known[name] ?? 0;
  }
  const origin = originHeader(request);
  if (origin !== undefined && !(present & 512)) sent.push('origin', origin);
  const referer = refererHeader(request);
  if (referer !== undefined && !(present & 1024)) sent.push('referer', referer);
  if (!(present & 1)) sent.push('accept', '*/*');
  if (!(present & 2)) sent.push('accept-language', '*');
  if (!(present & 4)) sent.push('sec-fetch-mode', mode);
  if (!(present & 8)) sent.push('user-agent', 'node');
  if (!(present & 16)) {
    const codings = url.startsWith('https:') ? 'br, gzip, deflate' : 'gzip, deflate';
    sent.push('accept-encoding', present & 128 ? 'identity' : codings);
  }
  if (cache === 'no-cache' && !(present & 32)) sent.push('cache-control', 'max-age=0');
  // A conditional request must not be answered by a cache.
  if (cache === 'no-store' || cache === 'reload' || (cache === 'default' && present & 256)) {
    if (!(present & 64)) sent.push('pragma', 'no-cache');
    if (!(present & 32)) sent.push('cache-control', 'no-cache');
  }
  return sent;
}

/** A bit for each header on which a header that fetch adds depends. */
const known: Readonly<Record<string, number>> = {
  accept: 1,
  'accept-language': 2,
  'sec-fetch-mode': 4,
  'user-agent': 8,
  'accept-encoding': 16,
  'cache-control': 32,
  pragma: 64,
  range: 128,
  'if-modified-since': 256,
  'if-none-match': 256,
  'if-unmodified-since': 256,
  'if-match': 256,
  'if-range': 256,
  origin: 512,
  referer: 1024,
};

/** The notations by lower-case name; of several, the nearest and then the first counts. */
function namesAsWritten(given: NonNullable<CallContext['headersGiven']>): ReadonlyMap<string, string> | undefined {
  let written: Map<string, string> | undefined;
  for (const headers of given) {
    for (const name of Symbol.iterator in headers ? Array.from(headers, ([name]) => name) : Object.keys(headers)) {
      const key = name?.toLowerCase();
      if (key === undefined || key === name) continue;
      written ??= new Map();
      if (!written.has(key)) written.set(key, name as string);
    }
  }
  return written;
}

/** The types of a body for undici. */
export type SentBody = string | Uint8Array | Blob | AsyncIterable<Uint8Array> | null;

/**
 * The request's body. Where it is known what it was made from, that is sent, with its length; a stream, in chunks.
 * Otherwise the Request has a stream: if all of it is available at once, it is sent as a whole, since some servers need
 * a length; if not, it is sent in chunks.
 *
 * @param headers These get the length of a body that has to be sent as a stream although its length is known.
 */
export function sentBody(request: Request, headers: string[]): SentBody | Promise<SentBody> {
  const source = bodySource(request);
  if (typeof source === 'string' || source instanceof Blob) return source;
  if (request.body === null) return null;
  if (source === undefined) return atHand(request.body);
  if (source instanceof FormData) return form(source, request.body, headers);
  if (Symbol.asyncIterator in Object(source)) return request.body as unknown as AsyncIterable<Uint8Array>;
  // Bytes are taken from the Request, which has a copy: the caller may have changed them since.
  return request.arrayBuffer().then((bytes) => new Uint8Array(bytes));
}

/**
 * The same body once more; `undefined` for a stream, which can be sent only once. A form is encoded again.
 *
 * @param headers These get the content type of the form, which names the boundary.
 */
export function againBody(request: Request, body: SentBody, headers: string[]): SentBody | undefined {
  const source = bodySource(request);
  if (!(source instanceof FormData)) return body === null || !(Symbol.asyncIterator in Object(body)) ? body : undefined;
  const encoded = new Response(source);
  const name = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === 'content-type');
  if (headers[name + 1]?.startsWith('multipart/form-data;'))
    headers[name + 1] = encoded.headers.get('content-type') as string;
  return encoded.body as unknown as AsyncIterable<Uint8Array>;
}

/**
 * Only the platform encodes a form, and it does not show the length: so the length is computed from the same form with
 * empty files.
 */
async function form(source: FormData, stream: ReadableStream<Uint8Array>, headers: string[]): Promise<SentBody> {
  const hollow = new FormData();
  let length = 0;
  for (const [name, value] of source) {
    if (typeof value === 'string') hollow.append(name, value);
    else hollow.append(name, new File([], value.name, { type: value.type }));
    length += typeof value === 'string' ? 0 : value.size;
  }
  length += (await new Response(hollow).arrayBuffer()).byteLength;
  headers.push('content-length', String(length));
  return stream as unknown as AsyncIterable<Uint8Array>;
}

const mostAtHand = 1024 * 1024;

async function atHand(stream: ReadableStream<Uint8Array>): Promise<SentBody> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const later = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
  for (;;) {
    const reading = reader.read();
    const read = size > mostAtHand ? undefined : await Promise.race([reading, later]);
    if (read === undefined) return inChunks(chunks, reading, reader);
    if (read.done) return Buffer.concat(chunks);
    chunks.push(read.value);
    size += read.value.byteLength;
  }
}

async function* inChunks(
  chunks: readonly Uint8Array[],
  reading: Promise<ReadableStreamReadResult<Uint8Array>>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    for (let read = await reading; !read.done; read = await reader.read()) yield read.value;
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
