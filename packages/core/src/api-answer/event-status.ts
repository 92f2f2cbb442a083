import { reader } from '#answer-reader';
import type { CallContext } from '../kernel/call-context.ts';
import { loadedInTime } from '../platform/on-demand.ts';
import type { AnswerParts } from './api-answer.ts';
import { judgesEvents, longestLoadForDialectMs, readAnswer } from './outcome-of.ts';

/** The status as which an event of a stream counts, where a dialect calls it an error. */
export async function eventStatus(
  { status, headers }: Response,
  text: string,
  context: CallContext,
): Promise<number | undefined> {
  if (!judgesEvents(context)) return undefined;
  if (!reader.loaded) await loadedInTime(reader, context, longestLoadForDialectMs);
  const { dialects } = context.settings;
  const parts: AnswerParts = { status, headers, text, wallNowMs: context.call.clock.wallNow(), isEvent: true };
  const api = readAnswer(parts, dialects);
  return reader.loaded?.failureStatus(parts, dialects ?? [], api);
}
