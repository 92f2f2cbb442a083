import { type Call, LineError, RequestRefusedError } from '@holdfast/core';
import { aboutRequest } from '@holdfast/core/internal';
import type { BrokenLine } from './line-format.ts';

/** The error of a line that is not JSON. */
export function lineError({ line, cause }: BrokenLine, call: Call): LineError {
  const message = aboutRequest(call, (request) => `A line of the stream is not JSON: ${request}, line ${line}`);
  return new LineError({ call, message, line, cause });
}

/** The error of an event, or a line, that is longer than allowed. */
export function itemTooLong(call: Call, noun: string, longest: number): RequestRefusedError {
  const message = aboutRequest(
    call,
    (request) =>
      `Stream has ${noun === 'event' ? 'an event' : `a ${noun}`} that is longer than maxResponseBytes (${longest}): ${request}`,
  );
  return new RequestRefusedError({ code: 'RESPONSE_TOO_LARGE', call, message, applied: 'yes' });
}

/** An error of what a stream says: another connection would get the same again. */
export function isOfContent(error: unknown): boolean {
  return error instanceof LineError || error instanceof RequestRefusedError;
}
