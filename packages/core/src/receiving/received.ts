import type { CallContext } from '../kernel/call-context.ts';
import { type JudgeOf, readFirstChunk } from './first-chunk.ts';
import { idleGuard } from './idle-guard.ts';
import { readInAttempt } from './read-in-attempt.ts';

/** Applies `idleTimeout` and `readBody` to an answer. */
export function received(response: Response, context: CallContext, judgeOf: JudgeOf): Response | Promise<Response> {
  const { readBody, idleTimeout } = context.settings;
  const guarded = idleTimeout ? idleGuard(response, context, idleTimeout) : response;
  if (readBody === 'inAttempt') return readInAttempt(guarded, context);
  if (readBody !== 'firstChunk') return guarded;
  const judging = judgeOf(response, context);
  return judging ? judging.then((judge) => readFirstChunk(guarded, context, judge)) : readFirstChunk(guarded, context);
}
