import { createParser } from 'eventsource-parser';
import { isEventStream } from './event-stream-type.ts';
import type { Format } from './format.ts';
import { ServerEvent } from './server-event.ts';

/**
 * The longest wait that is taken from a stream, in milliseconds. The standard allows any number of digits; a date can
 * hold this one.
 */
const longestRetryMs = 1e14;

/** Server-sent events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const eventFormat: Format<ServerEvent> = {
  accept: 'text/event-stream',
  noun: 'event',
  parser({ item, id, retry, comment }) {
    const { feed } = createParser({
      onEvent: (event) => item(new ServerEvent(event.event ?? 'message', event.data, event.id), event.id),
      // Called before the event of the same block, and for a block without data too.
      onId: id,
      onRetry: (ms) => retry(Math.min(ms, longestRetryMs)),
      ...(comment && { onComment: () => comment() }),
    });
    return { feed, end: ignore };
  },
  problem: (response) => (isEventStream(response) ? undefined : 'Body is not an event stream'),
  id: ({ id }) => id,
  text: ({ data }) => data,
};

/** An incomplete block at the end is not an event. */
function ignore(): void {}
