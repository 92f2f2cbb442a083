import { pipeline, Readable, Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import type { Arrival } from './arrival.ts';

/** The source of a stream's bytes. */
interface Source {
  next(): Promise<Uint8Array | undefined>;
  cancel(reason: unknown): void;
}

/** Bodies that were dropped while their connection waits for a reader. */
const dropped = new FinalizationRegistry<Arrival>((arrival) => arrival.cancel(new Error('The body is not read')));

/** A stream of the remaining bytes, decoded as fetch does; if a coding is not known, the bytes are not decoded. */
export function streamOf(arrival: Arrival, contentEncoding: string | undefined): ReadableStream<Uint8Array> {
  const source = contentEncoding === undefined ? arrival : decodedBy(decodersFor(contentEncoding), arrival);
  const stream = new ReadableStream({
    type: 'bytes',
    start(controller) {
      if (source !== arrival) return;
      // Held weakly: otherwise the connection would keep a stream that is not read any more.
      const held = new WeakRef(controller);
      arrival.whenBroken((error) => held.deref()?.error(error));
    },
    async pull(controller) {
      const bytes = await source.next();
      // The stream transfers the buffer, which may be a part of one that other code reads; so this is a copy.
      if (bytes) controller.enqueue(new Uint8Array(bytes));
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: (reason) => source.cancel(reason),
  });
  dropped.register(stream, arrival);
  return stream;
}

function decodedBy(decoders: readonly Transform[], arrival: Arrival): Source {
  if (decoders.length === 0) return arrival;
  let failure: unknown;
  const last = pipeline([Readable.from(bytesOf(arrival)), ...decoders], (error) => {
    failure = error;
    if (error) arrival.cancel(error);
  }) as unknown as Readable;
  const iterator = last[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return {
    async next() {
      try {
        const { done, value } = await iterator.next();
        if (!done) return value;
      } catch (error) {
        failure ??= error;
      }
      if (failure === undefined || failure === null) return undefined;
      throw arrival.error ?? new TypeError('terminated', { cause: failure });
    },
    cancel(reason) {
      arrival.cancel(reason);
      last.destroy();
    },
  };
}

async function* bytesOf(arrival: Arrival): AsyncGenerator<Uint8Array> {
  for (let bytes = await arrival.next(); bytes; bytes = await arrival.next()) yield bytes;
}

/** Lenient, as curl and browsers are: a body that was cut short is decoded as far as possible. */
const lenient = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const lenientBrotli = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

/** The outermost coding first; empty if one of them is not known. */
function decodersFor(contentEncoding: string): readonly Transform[] {
  const codings = contentEncoding.toLowerCase().split(',');
  const decoders: Transform[] = [];
  for (const coding of codings.reverse()) {
    const decoder = decoderFor(coding.trim());
    if (decoder === undefined) return [];
    decoders.push(decoder);
  }
  return decoders;
}

function decoderFor(coding: string): Transform | undefined {
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip(lenient);
  if (coding === 'deflate') return inflate();
  if (coding === 'br') return createBrotliDecompress(lenientBrotli);
  return coding === 'zstd' ? createZstdDecompress() : undefined;
}

/** Some servers send deflate without zlib's header: the first byte shows it. */
function inflate(): Transform {
  let inner: Transform | undefined;
  return new Transform({
    transform(bytes: Buffer, encoding, done) {
      inner ??=
        ((bytes[0] ?? 0) & 0x0f) === 0x08
          ? wired(createInflate(lenient), this)
          : wired(createInflateRaw(lenient), this);
      inner.write(bytes, encoding, done);
    },
    flush(done) {
      if (inner === undefined) return done();
      inner.once('end', done).end();
    },
  });
}

function wired(inner: Transform, outer: Transform): Transform {
  inner.on('data', (bytes) => outer.push(bytes));
  return inner.on('error', (error) => outer.destroy(error));
}
