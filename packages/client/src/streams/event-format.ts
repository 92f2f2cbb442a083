import { ignore } from '@holdfast/core/internal';
import { createParser } from 'eventsource-parser';
import { isEventStream } from './event-stream-type.ts';
import { type Format, LongItem, type Parsed, type Parser } from './format.ts';
import { parsedBy, ServerEvent } from './server-event.ts';

/**
 * The longest wait that is taken from a stream, in milliseconds. The standard allows any number of digits; a date can
 * hold this one.
 */
const longestRetryMs = 1e14;
/** What may be kept of an event besides its data, in characters: the names of fields, and an id. */
const besidesData = 1024;

/** Server-sent events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const eventFormat: Format<ServerEvent> = {
  accept: 'text/event-stream',
  noun: 'event',
  // The parser keeps 32 bytes for each line of an event's data, and a line may be empty.
  longest: 16 * 1024 * 1024,
  parser: eventParser,
  problem: (response) => (isEventStream(response) ? undefined : 'Body is not an event stream'),
  id: ({ id }) => id,
  text: ({ data }) => data,
};

function eventParser({ item, id, retry, comment, longest, parse }: Parsed<ServerEvent>): Parser {
  /** How much has been fed since the last event, that event included. */
  let length = 0;
  let hasEvent = false;
  const { feed } = createParser({
    maxBufferSize: longest + besidesData,
    onEvent: (given) => {
      if (given.data.length > longest) throw new LongItem();
      hasEvent = true;
      const event = new ServerEvent(given.event ?? 'message', given.data, given.id);
      item(parse ? parsedBy(parse, event) : event, given.id);
    },
    // Called before the event of the same block, and for a block without data too.
    onId: id,
    onRetry: (ms) => retry(Math.min(ms, longestRetryMs)),
    ...(comment && { onComment: () => comment() }),
  });
  const refuseLong = (): void => {
    try {
      feed('');
    } catch {
      // The parser takes nothing more once it has kept too much. It could report that itself, but then it would make an
      // error of each field that it does not know, too.
      throw new LongItem();
    }
  };
  return {
    feed(text) {
      feed(text);
      length = hasEvent ? text.length : length + text.length;
      hasEvent = false;
      if (length > longest) refuseLong();
    },
    /** An incomplete block at the end is not an event. */
    end: ignore,
  };
}
