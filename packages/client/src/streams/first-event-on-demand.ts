import type { CallContext } from '@holdfast/core';
import { type Judge, judgesEvents, loadedInTime, onDemand } from '@holdfast/core/internal';
import { isEventStream } from './event-stream-type.ts';

const part = onDemand('The first event of a stream', () => import('./first-event.ts'));
/** How long a stream waits for this part, in milliseconds; without the part, the stream begins with its first chunk. */
const longestLoadMs = 1_000;

/** Loads the function that judges the first event of an answer; `undefined` if no event can be a failure. */
export function firstEventJudge(response: Response, context: CallContext): Promise<Judge | undefined> | undefined {
  if (response.status >= 400 || !judgesEvents(context) || !isEventStream(response)) return undefined;
  return loadedInTime(part, context, longestLoadMs).then((loaded) => loaded?.judgeFirstEvent(response, context));
}
