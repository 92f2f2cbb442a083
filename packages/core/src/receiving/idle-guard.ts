import { byteStream, nextBytes } from '../bodies/byte-stream.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { ignore } from '../kernel/ignore.ts';
import { cutShort, idleTimeoutError } from '../transport/cut-short.ts';
import { within } from '../waits/within.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Ends a body of which no byte comes for `limitMs` while a reader waits for one.
 *
 * A timer that runs from chunk to chunk also ends the body of a reader that is slow itself: it processes a chunk for a
 * minute, and the socket is not read meanwhile. So the time counts only while a read is pending: the stream asks for
 * more only when its reader does.
 */
export function idleGuard(response: Response, context: CallContext, limitMs: number): Response {
  const { body } = response;
  if (!body || body.locked) return response;
  const reader: Reader = body.getReader();
  const guarded = byteStream({
    next: () => readWithin(reader, context, limitMs),
    cancel: (reason) => reader.cancel(reason),
  });
  return responseWithBody(response, guarded);
}

/**
 * The next bytes, never an empty chunk; `undefined` at the end.
 *
 * @throws IdleTimeoutError when none comes in time; the body is cancelled then, as when the signal aborts.
 */
async function readWithin(
  reader: Reader,
  { call, signal }: CallContext,
  limitMs: number,
): Promise<Uint8Array | undefined> {
  let isOver = false;
  const late = (): never => {
    isOver = true;
    throw idleTimeoutError(call, limitMs);
  };
  try {
    return await within(nextBytes(reader), { clock: call.clock, signal, ms: limitMs, late });
  } catch (error) {
    if (!isOver && !signal.aborted) throw asTyped(error, call);
    const reason: unknown = isOver ? error : signal.reason;
    reader.cancel(reason).catch(ignore);
    throw reason;
  }
}

/** A platform's own time limit is reported as ours; any other failure stays as the platform reports it. */
function asTyped(error: unknown, call: CallContext['call']): unknown {
  const typed = cutShort(error, call);
  return typed.code === 'IDLE_TIMEOUT' ? typed : error;
}
