import { noteHeaders } from '../bodies/headers-at.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { follow, unfollow } from '../time/abort-source.ts';
import { cutShort } from '../transport/cut-short.ts';
import { goneOn } from './gone-on.ts';

/**
 * Keeps the attempt open until the first bytes of the body are there.
 *
 * An overloaded server often accepts a stream, sends the headers, and drops it. For fetch the attempt has succeeded by
 * then, so it is not retried. Before the first byte another attempt costs the caller nothing; after the first byte the
 * stream is the caller's.
 */
export async function readFirstChunk(response: Response, { signal, call }: CallContext): Promise<Response> {
  const { body, status } = response;
  if (!body || body.locked || status >= 400) return response;
  const cameAt = call.clock.now();
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const abort = { handleEvent: (): void => void reader.cancel(signal.reason).catch(ignore) };
  if (signal.aborted) abort.handleEvent();
  else follow(signal, abort);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done || value.byteLength > 0)
        return noteHeaders(responseWithBody(response, goneOn(done ? [] : [value], reader)), cameAt);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw cutShort(error, call);
  } finally {
    unfollow(signal, abort);
  }
}

/** A body that breaks while it is discarded is no loss. */
function ignore(): void {}
