import {
  type CallContext,
  type Clock,
  type Emit,
  errorOutcome,
  type Handler,
  noCall,
  type Strategy,
  systemClock,
  systemRandom,
} from '@holdfast/core';
import { joinFleet } from '#fleet';
import { prepareSlots } from '#slots';
import { AdaptiveLimit } from './adaptive.ts';
import { createLimit, type Limit, type LimitEvents, type LimitSpec } from './limit.ts';
import type { Limiter } from './limiter.ts';
import { type LimiterSnapshot, Limiters, type QuotaSnapshot } from './limiters.ts';
import { type RateLimitOptions, resolveOptions } from './options.ts';
import { closedError } from './rejections.ts';
import type { Priority } from './waiting-line.ts';

/**
 * A server that is asked too often says 429, and whoever asks on makes it worse. So the client keeps the server's limits
 * by itself, and when the server names a time, everybody waits for it, not just the one that was told.
 *
 * It is easy to get wrong: a bucket that is refilled lets twice as many through around the refill; a caller who has left
 * keeps a place in the queue, and takes a permit that nobody uses; after a pause all go at once; and a limiter that is
 * not needed costs more than the request.
 *
 * It stands inside the retries, since they spend the server's quota, too, and outside whatever the attempt needs time
 * for by itself.
 */
export interface RateLimiter extends Strategy {
  /** Who runs, waits and pauses, as plain JSON. */
  snapshot(): readonly LimiterSnapshot[];
  /** What servers said last of their quotas. */
  quotas(): readonly QuotaSnapshot[];
  /** Rejects whoever waits, or comes later (`CLIENT_CLOSED`), and lets go of everything. */
  close(): void;
}

/** What a client hands in; alone, the defaults do. */
export interface RateLimiterParts {
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
  /** Chance in [0, 1). @defaultValue `Math.random` */
  readonly random?: () => number;
  /** Who is told of pauses and of the fleet, which belong to no call. @defaultValue nobody */
  readonly emit?: Emit;
  /** How messages about options begin. @defaultValue 'rateLimit' */
  readonly where?: string;
}

/**
 * Creates a rate limiter: a ring for the pipeline, one queue for each key. Without limits, it keeps to the pauses that
 * servers ask for, and to few calls at once while a server is in distress.
 *
 * @param options Several, in a list, hold at once.
 * @throws TypeError or RangeError for options that make no sense, naming path, value and remedy.
 * @example
 * ```ts
 * import { attemptTimeout, compose, fetchTransport, retryRing } from '@holdfast/core';
 * import { rateLimiter } from '@holdfast/rate-limiter';
 *
 * const limiter = rateLimiter({ maxConcurrent: 10, requests: 100, perMs: 1000 });
 * const send = compose([retryRing(), limiter, attemptTimeout()], fetchTransport());
 * ```
 */
export function rateLimiter(
  options: RateLimitOptions | readonly RateLimitOptions[] = {},
  parts: RateLimiterParts = {},
): RateLimiter {
  const { clock = systemClock, random = systemRandom, emit = {}, where = 'rateLimit' } = parts;
  const resolved = resolveOptions(options, where);
  const { keyOf, maxQueue, maxQueueMs, onStoreFailure } = resolved;
  const nobody = { call: noCall(clock) };
  let isClosed = false;
  if (resolved.limits.length > 0) prepareSlots(clock);

  const fleet =
    resolved.redis === undefined
      ? undefined
      : joinFleet(resolved.redis, clock, {
          degraded: (error) => emit['limiter.degraded']?.(nobody, { message: error.message }),
          recovered: () => emit['limiter.recovered']?.(nobody, {}),
          paused: (key, pauseMs, source) => limiters.get(key).pauseFor(pauseMs, source),
          changed: () => {
            for (const limiter of limiters.all()) limiter.storeChanged();
          },
        });
  const limitOf = (key: string, spec: LimitSpec, events: LimitEvents): Limit => {
    const local = createLimit(spec, clock, events);
    if (!fleet) return local;
    return fleet.share(`holdfast:${key}:${spec.perMs ?? 'concurrent'}`, spec, local, events.ready);
  };
  const limiters = new Limiters(resolved.maxKeys, {
    ...{ clock, random, maxQueue, maxQueueMs },
    heldByBody: resolved.limits.some(({ perMs }) => perMs === undefined),
    adaptive: (changed) => resolved.adaptive && new AdaptiveLimit(resolved.adaptive, changed),
    limits: (key, events) => resolved.limits.map((spec) => limitOf(key, spec, events)),
    refuses: () => (onStoreFailure === 'reject' ? fleet?.failure : undefined),
    paused({ key, shownKey, pausedMs: pauseMs }, source, by) {
      const figures = { key: shownKey, pauseMs, pausedUntil: Math.ceil(clock.wallNow() + pauseMs), source };
      if (by) by.context.emit['limiter.paused']?.(by.context, { ...figures, status: by.status });
      else emit['limiter.paused']?.(nobody, figures);
      if (by) fleet?.tellPause(key, pauseMs, source);
    },
    resumed: ({ shownKey }) => emit['limiter.resumed']?.(nobody, { key: shownKey }),
    limited({ shownKey, limitedTo, isInDistress }) {
      if (limitedTo === undefined) emit['limiter.released']?.(nobody, { key: shownKey });
      else {
        const because = isInDistress ? 'distress' : 'resuming';
        emit['limiter.limited']?.(nobody, { key: shownKey, limitedTo, because });
      }
    },
  });

  const send = async (limiter: Limiter, request: Request, next: Handler, context: CallContext): Promise<Response> => {
    const startedAt = clock.now();
    let response: Response;
    try {
      const answer = next(request, context);
      limiter.started();
      response = await answer;
    } catch (error) {
      limiter.ended(errorOutcome(error, context.signal, context.call), startedAt, context);
      throw error;
    }
    const { status, headers } = response;
    limiter.ended({ kind: 'response', status, headers, response }, startedAt, context);
    return response;
  };

  return {
    name: 'rateLimiter',
    execute(request, next, context) {
      try {
        context.signal.throwIfAborted();
        if (isClosed) throw closedError(context, 'was not sent, since its limiter is closed');
        fleet?.start();
        const limiter = limiters.get(keyOf(request));
        if (limiter.tryTake()) return send(limiter, request, next, context);
        return limiter.turn(context, priorityOf(context)).then(() => send(limiter, request, next, context));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    snapshot: () => limiters.snapshot(),
    quotas: () => limiters.quotas(),
    close() {
      isClosed = true;
      limiters.close();
      fleet?.close();
    },
  };
}

/** fetch's own, which a Request takes along, but does not show. */
function priorityOf({ init }: CallContext): Priority {
  const priority = init?.priority;
  return priority === 'high' || priority === 'low' ? priority : 'auto';
}
