import { fromItsStart } from '../bodies/byte-stream.ts';
import { noteHeaders } from '../bodies/headers-at.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { ignore } from '../kernel/ignore.ts';
import { readUntil } from './reading.ts';

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
  const { body, status } = response;
  if (!body || body.locked || status >= 400) return response;
  const cameAt = context.call.clock.now();
  return readUntil(body, context, async (chunk, { chunks, reader }) => {
    const said = chunk && judge ? await judge(chunk) : 'begun';
    if (said === 'more') return undefined;
    if (said === 'begun') return noteHeaders(responseWithBody(response, fromItsStart(chunks, reader)), cameAt);
    reader.cancel().catch(ignore);
    return noteHeaders(said, cameAt);
  });
}
