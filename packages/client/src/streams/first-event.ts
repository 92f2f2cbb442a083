import type { CallContext } from '@holdfast/core';
import { eventStatus, failureResponse, ignore, type Judge } from '@holdfast/core/internal/late';
import { eventFormat } from './event-format.ts';

/** In characters. A stream whose first event is longer counts as begun, whatever the event says. */
const longestEvent = 64 * 1024;

/**
 * Judges the first event of a stream that other code reads, such as an SDK with `client.fetch`: if the call's dialect
 * calls it an error, the attempt has failed. A comment before the first event is a first chunk like any other, since a
 * server may send nothing else for minutes: then the stream has begun, and the reader judges its events.
 */
export function judgeFirstEvent(response: Response, context: CallContext): Judge {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let data: string | undefined;
  let isBegun = false;
  let length = 0;
  const parser = eventFormat.parser({
    longest: Number.POSITIVE_INFINITY,
    item: (event) => {
      data ??= event.data;
    },
    // Comments and waits say nothing about a failure.
    id: ignore,
    retry: ignore,
    comment: () => {
      isBegun = true;
    },
  });
  return async (chunk) => {
    const text = decoder.decode(chunk, { stream: true });
    length += text.length;
    parser.feed(text);
    if (data === undefined) return isBegun || length > longestEvent ? 'begun' : 'more';
    const status = await eventStatus(response, data, context);
    return status === undefined ? 'begun' : failureResponse(response, data, status);
  };
}
