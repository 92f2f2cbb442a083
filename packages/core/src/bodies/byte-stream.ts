type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What a stream's bytes come from. */
export interface ByteSource {
  /** The next bytes, never an empty chunk; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  cancel(reason: unknown): Promise<void>;
}

/** A stream of bytes that asks its source for more only when it is read. */
export function byteStream(source: ByteSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        const bytes = await source.next();
        // A copy: the reader may change or transfer its chunk, and what a body is made of may be used elsewhere, too.
        if (bytes) return controller.enqueue(new Uint8Array(bytes));
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The next bytes of a body; never an empty chunk. `undefined` at the end. */
export async function nextBytes(reader: Reader): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    if (!(value instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    if (value.byteLength > 0) return value;
  }
}

/**
 * A body of which some has been read, as a stream from its beginning: first the chunks that were read, then the rest as
 * it arrives.
 */
export function fromItsStart(read: Uint8Array[], reader: Reader): ReadableStream<Uint8Array> {
  return byteStream({
    async next() {
      for (let chunk = read.shift(); chunk; chunk = read.shift()) if (chunk.byteLength > 0) return chunk;
      return nextBytes(reader);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
