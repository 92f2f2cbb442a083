import { aboutRequest } from '../errors/about-request.ts';
import { AttemptTimeoutError } from '../errors/timeout-errors.ts';
import type { Strategy } from '../kernel/pipeline.ts';
import { withTimeLimit } from './time-limit.ts';

/**
 * The time limit of one attempt, until its headers. It is innermost, so that the time in queues and waits does not
 * count, and so that a probe of an open circuit can't hang for ever.
 */
export function attemptTimeout(): Strategy {
  return {
    name: 'attemptTimeout',
    execute(request, next, context) {
      const limitMs = context.settings.timeout;
      if (limitMs === false) return next(request, context);
      const timeoutError = (): Error => {
        const { call, attempt } = context;
        context.emit['attempt.timedOut']?.(context, { attempt, limitMs });
        return new AttemptTimeoutError({
          call,
          limitMs,
          message: aboutRequest(call, (request) => `${request} timed out after ${limitMs} ms (attempt ${attempt})`),
        });
      };
      return withTimeLimit(context, limitMs, timeoutError, request, next);
    },
  };
}

/** The events of an attempt's time limit. */
export interface AttemptTimeoutEvents {
  'attempt.timedOut': { readonly attempt: number; readonly limitMs: number };
}
