import { LocatedResponse } from './entry.ts';

/**
 * A response whose body is kept while its reader reads it. Nobody waits for the whole of it, nothing is read ahead of
 * the reader, and nothing beyond `maxBytes` is held: then the body streams on, and is not kept.
 *
 * @param url What was asked for.
 * @param done Told once, when the body has been read to its end and was no longer than `maxBytes`; never for one that
 * breaks off or is cancelled.
 */
export function recorded(
  response: Response,
  url: string,
  maxBytes: number,
  done: (body: Uint8Array<ArrayBuffer>) => void,
): Response {
  const { status, statusText, headers } = response;
  if (response.body === null) {
    done(new Uint8Array());
    return response;
  }
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let chunks: Uint8Array[] | undefined = [];
  let length = 0;
  const keep = (chunk: Uint8Array): void => {
    length += chunk.byteLength;
    if (length > maxBytes) chunks = undefined;
    else chunks?.push(chunk);
  };
  const stream = new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { done: isOver, value } = await reader.read();
      if (!isOver) {
        keep(value);
        // The reader gets a copy: it may do with it what it likes, also give its memory away.
        controller.enqueue(value.slice());
        return;
      }
      if (chunks) done(joined(chunks, length));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel(reason) {
      chunks = undefined;
      return reader.cancel(reason);
    },
  });
  return new LocatedResponse(url, stream, { status, statusText, headers });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
