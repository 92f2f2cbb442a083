import { byteStream, nextBytes } from '../bodies/byte-stream.ts';

/**
 * A body of which some has been read, as a stream from its beginning: first the chunks that were read, then the rest as
 * it arrives.
 */
export function goneOn(
  read: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return byteStream({
    async next() {
      for (let chunk = read.shift(); chunk; chunk = read.shift()) if (chunk.byteLength > 0) return chunk;
      return nextBytes(reader);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
