import { noteHeaders } from '../bodies/headers-at.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { cutShort } from '../transport/cut-short.ts';
import { follow, unfollow } from '../waits/abort-source.ts';
import { goneOn } from './gone-on.ts';

/**
 * Judges the first bytes of a body: has the answer begun, are more bytes needed to know that, or do they report a
 * failure, which is returned as an answer with an error status?
 */
export type Judge = (chunk: Uint8Array) => 'begun' | 'more' | Response | Promise<'begun' | 'more' | Response>;

/** Judges the first bytes of an answer, for `readBody: 'firstChunk'`. */
export type JudgeOf = (response: Response, context: CallContext) => Promise<Judge | undefined> | undefined;

/**
 * Keeps the attempt open until the first bytes of the body are there.
 *
 * An overloaded server often accepts a stream, sends the headers, and drops it. For fetch the attempt has succeeded by
 * then, so it is not retried. Before the first byte another attempt costs the caller nothing; after the first byte the
 * stream is the caller's.
 */
export async function readFirstChunk(response: Response, context: CallContext, judge?: Judge): Promise<Response> {
  const { signal, call } = context;
  const { body, status } = response;
  if (!body || body.locked || status >= 400) return response;
  const cameAt = call.clock.now();
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const abort = { handleEvent: (): void => void reader.cancel(signal.reason).catch(ignore) };
  if (signal.aborted) abort.handleEvent();
  else follow(signal, abort);
  const chunks: Uint8Array[] = [];
  try {
    for (;;) {
      const { value } = await reader.read();
      signal.throwIfAborted();
      if (value?.byteLength === 0) continue;
      if (value) chunks.push(value);
      const said = value && judge ? await judge(value) : 'begun';
      if (said === 'more') continue;
      if (said === 'begun') return noteHeaders(responseWithBody(response, goneOn(chunks, reader)), cameAt);
      reader.cancel().catch(ignore);
      return noteHeaders(said, cameAt);
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
