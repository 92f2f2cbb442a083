import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { markingFailures, marksFailures } from '../transport/marking-failures.ts';
import { type Judge, readFirstChunk } from './first-chunk.ts';
import { idleGuard } from './idle-guard.ts';
import { readInAttempt } from './read-in-attempt.ts';

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /** The body, or its first bytes, are read within the attempt, so that one that breaks off is a failure of the attempt. */
    readonly readBody?: 'inAttempt' | 'firstChunk';
    /** The longest time without a byte of the body while a reader waits for one, in milliseconds. @defaultValue none */
    readonly idleTimeout?: number;
  }
}

/**
 * Applies `idleTimeout` and `readBody` to the body of each answer. It is around the transport and inside the attempt's
 * time limit, so that circuit and retries count a broken body as the attempt's failure; and around the origin check, so
 * that only the last of several redirects is handled. Without these options no body is touched.
 */
export function receiving(given: Handler, judgeOf: JudgeOf = noJudge): Handler {
  const transport = markingFailures(given);
  return marksFailures((request, context) => {
    const { readBody, idleTimeout } = context.settings;
    const answer = transport(request, context);
    if (readBody === undefined && idleTimeout === undefined) return answer;
    return answer.then((response) => received(response, context, judgeOf));
  });
}

/** What looks at the first bytes of an answer, for `readBody: 'firstChunk'`. */
export type JudgeOf = (response: Response, context: CallContext) => Promise<Judge | undefined> | undefined;

function noJudge(): undefined {}

function received(response: Response, context: CallContext, judgeOf: JudgeOf): Response | Promise<Response> {
  const { readBody, idleTimeout } = context.settings;
  const guarded = idleTimeout === undefined ? response : idleGuard(response, context, idleTimeout);
  if (readBody === 'inAttempt') return readInAttempt(guarded, context);
  if (readBody !== 'firstChunk') return guarded;
  const judging = judgeOf(response, context);
  return judging ? judging.then((judge) => readFirstChunk(guarded, context, judge)) : readFirstChunk(guarded, context);
}
