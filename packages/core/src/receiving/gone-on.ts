/**
 * A body of which some has been read, as a stream from its beginning: first the chunks that were read, then the rest as
 * it arrives.
 */
export function goneOn(
  read: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        let next: ReadableStreamReadResult<Uint8Array>;
        do {
          const kept = read.shift();
          next = kept ? { done: false, value: kept } : await reader.read();
        } while (next.value?.byteLength === 0);
        if (next.value) {
          // A copy: the chunk may be used elsewhere, too.
          controller.enqueue(new Uint8Array(next.value));
        } else {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
