import type { Clock } from '../kernel/clock.ts';
import { discard } from './discard.ts';

/** What could be read of an error's body within the bounds. */
export interface ErrorBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
  /** There was more, or it never came. */
  readonly truncated: boolean;
}

/** How much is read, and for how long. */
export interface ReadErrorBodyOptions {
  readonly clock: Clock;
  /** Ends the reading early; what was read so far is returned. */
  readonly signal?: AbortSignal | undefined;
  /** @defaultValue 65536 */
  readonly maxBytes?: number;
  /** @defaultValue 1000 */
  readonly maxMs?: number;
}

const empty: ErrorBody = { bytes: new Uint8Array(0), text: '', truncated: false };
/** A stream of empty chunks would never let a timer fire. */
const mostEmptyChunks = 1000;

/**
 * Reads a response's body, but no more than 64 KiB of it and for no longer than a second, and cancels the rest.
 *
 * @remarks Never throws: a body that breaks off gives what came before, a used one gives nothing.
 */
export async function readErrorBody(response: Response, options: ReadErrorBodyOptions): Promise<ErrorBody> {
  const known = peeked.get(response);
  if (known) {
    discard(response);
    return known;
  }
  const reader = openReader(response);
  // Not every platform shows a stream.
  const readsText = !reader && !response.bodyUsed && !response.body && typeof response.text === 'function';
  if (!reader && !readsText) return empty;
  const { clock, signal, maxBytes = 65_536, maxMs = 1000 } = options;
  let onStop = (): void => {};
  const stopped = new Promise<'stopped'>((resolve) => {
    onStop = () => resolve('stopped');
  });
  const timer = clock.setTimer(onStop, maxMs);
  signal?.addEventListener('abort', onStop, { once: true });
  if (signal?.aborted) onStop();
  try {
    const { chunks, truncated } = reader
      ? await readChunks(reader, stopped, maxBytes)
      : await readText(response, stopped, maxBytes);
    const bytes = joinBytes(chunks);
    // What is no stream has been decoded already.
    const type = reader ? response.headers.get('content-type') : null;
    return { bytes, text: decodeText(bytes, type, truncated), truncated };
  } finally {
    clock.clearTimer(timer);
    signal?.removeEventListener('abort', onStop);
    if (reader) release(reader);
  }
}

/** What was read of a response that may still be in use. */
const peeked = new WeakMap<Response, Promise<ErrorBody>>();

/**
 * Reads a clone, once for all readers, so that the response itself stays unread. If a rule, a hook and a fallback each
 * waited a second for a body that stalls, the call would take three.
 */
export function peekErrorBody(response: Response, options: ReadErrorBodyOptions): Promise<ErrorBody> {
  const known = peeked.get(response);
  if (known) return known;
  const body = readErrorBody(response.clone(), options);
  peeked.set(response, body);
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

async function readText(response: Response, stopped: Promise<'stopped'>, maxBytes: number): Promise<Read> {
  const text = response.text().then(
    (value) => ({ value }),
    () => 'stopped' as const,
  );
  const read = await Promise.race([stopped, text]);
  if (read === 'stopped') return { chunks: [], truncated: true };
  const bytes = new TextEncoder().encode(read.value);
  return { chunks: [bytes.subarray(0, maxBytes)], truncated: bytes.byteLength > maxBytes };
}

interface Read {
  readonly chunks: readonly Uint8Array[];
  readonly truncated: boolean;
}

async function readChunks(reader: Reader, stopped: Promise<'stopped'>, maxBytes: number): Promise<Read> {
  const chunks: Uint8Array[] = [];
  let left = maxBytes;
  let emptyChunks = 0;
  for (;;) {
    const read = reader.read().catch(() => 'stopped' as const);
    const next = await Promise.race([stopped, read]);
    if (next === 'stopped') return { chunks, truncated: true };
    if (next.done) return { chunks, truncated: false };
    const chunk: unknown = next.value;
    if (!(chunk instanceof Uint8Array)) return { chunks, truncated: true };
    if (chunk.byteLength === 0 && ++emptyChunks > mostEmptyChunks) return { chunks, truncated: true };
    if (chunk.byteLength > 0 && left > 0) chunks.push(chunk.subarray(0, left));
    left -= chunk.byteLength;
    if (left < 0) return { chunks, truncated: true };
  }
}

/** Cancelling settles a read that still waits; whether the source heeds it is not waited for. */
function release(reader: Reader): void {
  reader.cancel().catch(() => {});
  reader.releaseLock();
}

/** Copies, so that a huge chunk of which a part was kept is let go. */
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
