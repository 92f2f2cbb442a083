import type { CallContext } from '../kernel/call-context.ts';
import { ignore } from '../kernel/ignore.ts';
import { cutShort } from '../transport/cut-short.ts';
import { follow, unfollow } from '../waits/abort-source.ts';

type Answer = Response | undefined;

/** The chunks that were read so far, and the reader of the rest. */
export interface Begun {
  readonly chunks: Uint8Array[];
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
}

/**
 * Reads a body within its attempt, until `take` returns the response for the caller.
 *
 * @param take Called with each chunk, which is never empty, and with `undefined` at the end of the body.
 * @throws the signal's reason, or the error of a body that broke off.
 */
export async function readUntil(
  body: ReadableStream<Uint8Array>,
  { signal, call }: CallContext,
  take: (chunk: Uint8Array | undefined, begun: Begun) => Answer | Promise<Answer>,
): Promise<Response> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const chunks: Uint8Array[] = [];
  const abort = { handleEvent: (): void => void reader.cancel(signal.reason).catch(ignore) };
  if (signal.aborted) abort.handleEvent();
  else follow(signal, abort);
  try {
    for (;;) {
      const { value } = await reader.read();
      signal.throwIfAborted();
      if (value?.byteLength === 0) continue;
      if (value) chunks.push(value);
      const taken = take(value, { chunks, reader });
      const answer = taken instanceof Promise ? await taken : taken;
      if (answer) return answer;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw cutShort(error, call);
  } finally {
    unfollow(signal, abort);
  }
}
