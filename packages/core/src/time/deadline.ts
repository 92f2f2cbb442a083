import { aboutRequest } from '../errors/about-request.ts';
import { DeadlineExceededError } from '../errors/timeout-errors.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Strategy } from '../kernel/pipeline.ts';
import { withTimeLimit } from './time-limit.ts';

/**
 * The time limit of the whole call. Everything below has to fit into it: queues, waits, refreshes, attempts. Without
 * it, two retries of ten seconds each and their waits add up to more than users accept; with only a timeout per
 * attempt, the end of a call cannot be predicted.
 *
 * It ends at the headers: a stream that the caller reads is never cut off. A call without a limit passes through it
 * too: a caller that aborts does not wait for a strategy, a hook or a transport that ignores the signal.
 */
export function deadline(): Strategy {
  return {
    name: 'deadline',
    execute(request, next, context) {
      const { totalTimeout, opening } = context.settings;
      const timeoutError = (): Error => deadlineExceeded(context, totalTimeout as number);
      const left = opening ? Number.POSITIVE_INFINITY : remainingMs(context.call, totalTimeout);
      if (left <= 0 && !context.signal.aborted) return Promise.reject(timeoutError());
      return withTimeLimit(context, left, timeoutError, request, next, mostTurns);
    },
  };
}

/**
 * How many microtasks the rings below may take to end. The call waits for as many only if one of them ignores the signal,
 * so there is room for thirty rings of the user's own.
 */
const mostTurns = 100;

/** The rest of a call's time, in milliseconds. */
export function remainingMs(call: Call, totalTimeout: number | false): number {
  return totalTimeout === false ? Number.POSITIVE_INFINITY : totalTimeout - (call.clock.now() - call.startedAt);
}

/**
 * Makes the error, and emits the event. SDKs recognise a timeout by the words "timed out".
 *
 * @param cause The failure of the call before its time was up.
 */
export function deadlineExceeded(
  context: Pick<CallContext, 'call' | 'emit'>,
  limitMs: number,
  cause?: unknown,
): DeadlineExceededError {
  const { call } = context;
  context.emit['deadline.exceeded']?.({ call }, { limitMs });
  return new DeadlineExceededError({
    call,
    limitMs,
    ...(cause !== undefined && { cause }),
    message: aboutRequest(call, (request) => `${request} timed out after ${limitMs} ms (the whole call)`),
  });
}

/** The events of the whole call's time limit. */
export interface DeadlineEvents {
  'deadline.exceeded': { readonly limitMs: number };
}
