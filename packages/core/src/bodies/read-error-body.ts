import type { Clock } from '../kernel/clock.ts';
import { ignore } from '../kernel/ignore.ts';
import { within } from '../waits/within.ts';
import { discard } from './discard.ts';
import { responseSlot } from './response-slot.ts';

/** What could be read of an error's body within the bounds. */
export interface ErrorBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
  /** There was more, or the rest never arrived. */
  readonly truncated: boolean;
}

/** The bounds of the reading. */
export interface ReadErrorBodyOptions {
  readonly clock: Clock;
  /** Ends the reading early; what was read so far is returned. */
  readonly signal?: AbortSignal | undefined;
  /** @defaultValue 65536 */
  readonly maxBytes?: number;
  /** @defaultValue 1000 */
  readonly maxMs?: number;
  /** Asked of the first bytes: false if the rest need not be read. */
  readonly isMeant?: ((first: Uint8Array) => boolean) | undefined;
}

/** The body that has this text. */
export function bodyOfText(text: string): ErrorBody {
  return { bytes: new TextEncoder().encode(text), text, truncated: false };
}

/** A stream of empty chunks would never let a timer fire. */
const mostEmptyChunks = 1000;

/**
 * Reads a response's body, but no more than 64 KiB of it and for no longer than a second, and cancels the rest.
 *
 * @remarks Never throws: a body that breaks off gives what came before, a used one gives nothing.
 */
export async function readErrorBody(response: Response, options: ReadErrorBodyOptions): Promise<ErrorBody> {
  const before = known.get(response);
  if (before) {
    discard(response);
    return before;
  }
  const reader = openReader(response);
  // Not every platform shows a stream.
  const readsText = !reader && !response.bodyUsed && !response.body && typeof response.text === 'function';
  if (!reader && !readsText) return bodyOfText('');
  const { clock, signal, maxBytes = 65_536, maxMs = 1000, isMeant } = options;
  const read: Read = { chunks: [], isWhole: false };
  const reading = reader ? readChunks(reader, read, maxBytes, isMeant) : readText(response, read, maxBytes);
  try {
    await within(reading, { clock, signal, ms: maxMs, late: ignore });
  } catch {
    // Aborted, or broken off: what came before that is given.
  }
  const bytes = joinBytes(read.chunks);
  const truncated = !read.isWhole;
  if (reader) release(reader, truncated);
  // A chunk that is a text has been decoded already.
  const type = reader ? response.headers.get('content-type') : null;
  return { bytes, text: decodeText(bytes, type, truncated), truncated };
}

/**
 * What was read of a response before its end, once for all readers. If a rule, a hook and a fallback each waited a second
 * for a body that stalls, the call would take three.
 */
const known = responseSlot<Promise<ErrorBody>>();

/**
 * Reads a clone, so that the response itself stays unread.
 *
 * @param takes `true` to read the body itself, where no other code will get the response: a clone costs more than its reading.
 */
export function peekErrorBody(response: Response, options: ReadErrorBodyOptions, takes?: boolean): Promise<ErrorBody> {
  const before = known.get(response);
  if (before) return before;
  const body = readErrorBody(takes ? response : response.clone(), options);
  known.set(response, body);
  return body;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

function openReader(response: Response): Reader | undefined {
  try {
    return response.bodyUsed ? undefined : response.body?.getReader();
  } catch {
    return undefined;
  }
}

/** What has been read so far. */
interface Read {
  readonly chunks: Uint8Array[];
  isWhole: boolean;
}

async function readText(response: Response, into: Read, maxBytes: number): Promise<void> {
  const bytes = new TextEncoder().encode(await response.text());
  into.chunks.push(bytes.subarray(0, maxBytes));
  into.isWhole = bytes.byteLength <= maxBytes;
}

async function readChunks(
  reader: Reader,
  into: Read,
  maxBytes: number,
  isMeant?: (first: Uint8Array) => boolean,
): Promise<void> {
  let left = maxBytes;
  let emptyChunks = 0;
  while (left >= 0 && emptyChunks <= mostEmptyChunks) {
    const { done, value } = await reader.read();
    if (done) {
      into.isWhole = true;
      return;
    }
    const chunk: unknown = value;
    if (!(chunk instanceof Uint8Array)) return;
    if (into.chunks.length === 0 && chunk.byteLength > 0 && isMeant?.(chunk) === false) return;
    if (chunk.byteLength === 0) emptyChunks++;
    else if (left > 0) into.chunks.push(chunk.subarray(0, left));
    left -= chunk.byteLength;
  }
}

/** Cancelling settles a pending read; the source's own reaction is not waited for. */
function release(reader: Reader, isOpen: boolean): void {
  if (isOpen) reader.cancel().catch(ignore);
  reader.releaseLock();
}

/** Copies the part, so that a huge chunk of which only a part is kept can be collected. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function decodeText(bytes: Uint8Array, contentType: string | null, truncated: boolean): string {
  const charset = /charset\s{0,9}=\s{0,9}["']?([^\s;"']+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  // A cut may fall within a character: `stream` leaves the broken one out.
  return decoderFor(charset, truncated).decode(bytes, { stream: truncated });
}

/** A decoder that has decoded to the end has nothing left in it, and decodes the next body as well. */
const utf8 = new TextDecoder();

function decoderFor(charset: string, truncated: boolean): TextDecoder {
  if (!truncated && /^utf-?8$/i.test(charset)) return utf8;
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
