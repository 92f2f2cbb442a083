import { type CallContext, type Strategy, systemClock } from '@holdfast/core';
import {
  type CredentialsIdentity,
  loadedInTime,
  onDemand,
  outcomeOf,
  outOfTime,
  withinCall,
} from '@holdfast/core/internal';
import { type Heard, mayTell } from '../answers/may-tell.ts';
import { type RateLimitOptions, resolveOptions } from '../limiter/options.ts';
import type { RateLimiter, RateLimiterParts, WholeRateLimiter } from '../limiter/rate-limiter.ts';
import { shownKeyOf } from '../limiter/shown-key.ts';
import { closedError, rejection } from '../waiting/rejections.ts';

/**
 * The limiter of a page without a limit or a pause: it does nothing, and is small. The whole limiter is loaded when the
 * page is idle after its first answer, at the first failure, or at once where a limit is set.
 *
 * - Without a limit, calls are sent meanwhile. An answer that asks for a pause waits until the limiter is loaded and
 *   knows it, since the pause has to apply to the calls that follow; but it waits for a second at most.
 * - With a limit, calls wait as they would in the queue. If the limiter can't be loaded, they are rejected: none is
 *   sent without its limit.
 */
const whole = onDemand('The rate limiter', () => import('../limiter/rate-limiter.ts'));

/** The longest time that an answer waits, in milliseconds. */
const longestLoadMs = 1_000;

export function rateLimiter(
  options: RateLimitOptions | readonly RateLimitOptions[] = {},
  parts: RateLimiterParts = {},
): RateLimiter {
  const { clock = systemClock, where = 'rateLimit' } = parts;
  const { limits, units, maxQueueMs, keyOf } = resolveOptions(options, where);
  const hasLimits = limits.length + units.length > 0;
  let limiter: WholeRateLimiter | undefined;
  let isClosed = false;
  const current = (): WholeRateLimiter | undefined => {
    if (limiter === undefined && whole.loaded) {
      limiter = whole.loaded.rateLimiter(options, parts);
      if (isClosed) limiter.close();
    }
    return limiter;
  };
  if (hasLimits) whole.load(clock).catch(ignore);

  /** Waits for the limiter as for a permit. */
  const whenLoaded = async (request: Request, context: CallContext): Promise<RateLimiter> => {
    const refuse = (code: 'QUEUE_FULL' | 'QUEUE_TIMEOUT', why: string, cause?: unknown): Error =>
      rejection({ shownKey: shownKeyOf(keyOf(request), request), queued: () => 0 }, context, { code, why, cause });
    const loading = await withinCall(whole.load(clock), context, maxQueueMs).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw refuse('QUEUE_FULL', String((error as Error).message), error);
    });
    if (loading === outOfTime) throw refuse('QUEUE_TIMEOUT', `the rate limiter was not loaded within ${maxQueueMs} ms`);
    return current() as RateLimiter;
  };

  return {
    ...ring(undefined),
    for: ring,
    snapshot: () => limiter?.snapshot() ?? [],
    quotas: () => limiter?.quotas() ?? [],
    close() {
      isClosed = true;
      limiter?.close();
    },
  };

  function ring(identity: CredentialsIdentity | undefined): Strategy {
    let inner: Strategy | undefined;
    return {
      name: 'rateLimiter',
      async execute(request, next, context) {
        inner ??= current()?.for(identity);
        if (inner) return inner.execute(request, next, context);
        context.signal.throwIfAborted();
        if (isClosed) throw closedError(context, 'was not sent, since its limiter is closed');
        if (hasLimits) return (await whenLoaded(request, context)).for(identity).execute(request, next, context);
        let response: Response;
        try {
          response = await next(request, context);
        } catch (error) {
          whole.load(clock).catch(ignore);
          throw error;
        }
        const read = outcomeOf(response, request, context);
        const heard = read instanceof Promise ? await read : read;
        if (!mayTell(heard, context)) whole.loadWhenIdle();
        else {
          const hearing = hear({ request, heard }, context, identity);
          if (heard.status >= 400) await hearing;
        }
        return response;
      },
    };
  }

  /** Resolves when the pause that an answer asks for has begun, and its quotas are known. Never rejects. */
  async function hear(
    answered: { readonly request: Request; readonly heard: Heard },
    context: CallContext,
    identity: CredentialsIdentity | undefined,
  ): Promise<void> {
    await loadedInTime(whole, context, longestLoadMs);
    current()?.hear(answered, context, identity);
  }
}

/** The next call that needs the limiter tries again. */
function ignore(): void {}
