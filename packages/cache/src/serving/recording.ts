import { byteStream, joinBytes, nextBytes, responseWithBody } from '@holdfast/core/internal/late';

/**
 * A response whose body is stored while it is read. The caller does not wait for the whole body, nothing is read ahead
 * of the reader, and at most `maxBytes` are held: beyond that, the body is streamed and not stored.
 *
 * @param done Called once, when the body has been read to its end and was no longer than `maxBytes`; never for one that
 * breaks off or is cancelled.
 */
export function recorded(
  response: Response,
  maxBytes: number,
  done: (body: Uint8Array<ArrayBuffer>) => void,
): Response {
  const { body } = response;
  if (body === null) {
    done(new Uint8Array());
    return response;
  }
  // The reader is taken when the first byte is requested: until then, code that watches the body sees that it is
  // unread.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let chunks: Uint8Array[] | undefined = [];
  let length = 0;
  const keep = (chunk: Uint8Array): void => {
    length += chunk.byteLength;
    if (length > maxBytes) chunks = undefined;
    else chunks?.push(chunk);
  };
  const stream = byteStream({
    async next() {
      reader ??= body.getReader();
      const chunk = await nextBytes(reader);
      if (chunk) keep(chunk);
      else if (chunks) done(joinBytes(chunks));
      return chunk;
    },
    cancel(reason) {
      chunks = undefined;
      return reader ? reader.cancel(reason) : body.cancel(reason);
    },
  });
  return responseWithBody(response, stream);
}
