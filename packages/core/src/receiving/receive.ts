import { ignore } from '../kernel/ignore.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { loadedInTime, type OnDemand } from '../platform/on-demand.ts';
import { markingFailures, marksFailures } from '../transport/marking-failures.ts';
import type { JudgeOf } from './first-chunk.ts';
import type { received } from './received.ts';

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /**
     * The body, or its first bytes, are read within the attempt, so that a body that breaks off is a failure of the
     * attempt.
     */
    readonly readBody?: 'inAttempt' | 'firstChunk' | false;
    /** The longest time without a byte of the body while a reader waits for one, in milliseconds. @defaultValue none */
    readonly idleTimeout?: number | false;
  }
}

/**
 * Applies `idleTimeout` and `readBody` to the body of each answer. It is around the transport and inside the attempt's
 * time limit, so that circuit and retries count a broken body as the attempt's failure; and around the origin check, so
 * that only the last of several redirects is handled. Without these options no body is touched.
 *
 * @param reading The code that reads the bodies, which a page loads with the first request that asks for it.
 */
export function receiving(
  given: Handler,
  reading: OnDemand<{ received: typeof received }>,
  judgeOf: JudgeOf = noJudge,
): Handler {
  const transport = markingFailures(given);
  return marksFailures((request, context) => {
    const { readBody, idleTimeout } = context.settings;
    const isRead = readBody || idleTimeout;
    // If the code does not arrive in time, the answer is returned as it is.
    if (isRead && !reading.loaded) reading.load(context.call.clock).catch(ignore);
    const answer = transport(request, context);
    if (!isRead) return answer;
    return answer.then((response) => {
      if (reading.loaded) return reading.loaded.received(response, context, judgeOf);
      return loadedInTime(reading, context, longestLoadMs).then(
        (part) => part?.received(response, context, judgeOf) ?? response,
      );
    });
  });
}

function noJudge(): undefined {}

/** How long an answer waits for the code that reads it, in milliseconds; the answer matters more. */
const longestLoadMs = 1_000;
