import { fromItsStart } from '../bodies/byte-stream.ts';
import { joinBytes } from '../bodies/read-error-body.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { inMemory } from './in-memory.ts';
import { readUntil } from './reading.ts';

/** The longest body that is read within an attempt, in bytes. */
const longestBodyInAttempt: number = 1024 * 1024;

/**
 * Makes a body that breaks off a failure of its attempt.
 *
 * fetch resolves at the headers. A connection that is reset after them, a proxy that gives up midway, a body that
 * stalls: by then the attempt counts as a success, the circuit has counted it, and the retry loop has ended. The reader
 * of the body then gets an error that is not retried.
 *
 * So, if asked, the transport reads the body, too: innermost, so that the attempt's time limit, the circuit and the
 * retries see the failure. It costs a second Response, and the caller sees nothing before the body is complete; a body
 * that is too large, or never ends, is streamed as usual, and so is the body of an error status.
 */
export async function readInAttempt(response: Response, context: CallContext): Promise<Response> {
  const { body } = response;
  if (!body || !isToBeRead(response)) return response;
  let size = 0;
  return readUntil(body, context, (chunk, { chunks, reader }) => {
    if (chunk === undefined) return inMemory(responseWithBody(response, joinBytes(chunks)));
    size += chunk.byteLength;
    return size > longestBodyInAttempt ? responseWithBody(response, fromItsStart(chunks, reader)) : undefined;
  });
}

function isToBeRead({ body, status, headers }: Response): boolean {
  if (body?.locked || status >= 400) return false;
  if (Number(headers.get('content-length')) > longestBodyInAttempt) return false;
  return !/^\s*(text\/event-stream|multipart\/x-mixed-replace)\b/i.test(headers.get('content-type') ?? '');
}
