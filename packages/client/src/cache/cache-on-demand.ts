import type { Inside, ResponseCache, ResponseCacheOptions, ResponseCacheParts } from '@holdfast/cache';
import { checkOptions } from '@holdfast/cache/check-options';
import type { CallContext, Strategy } from '@holdfast/core';
import { noCall, onDemand, outOfTime, remainingMs, withinCall } from '@holdfast/core/internal';

/** The cache is the largest part of the first load that is off by default. */
const cachePackage = onDemand('The response cache', () => import('./cache.ts'));

/** The longest time that a call waits for it, in milliseconds; a call never waits for more than half of its time. */
const longestWaitMs = 5_000;

/**
 * The response cache, loaded as soon as a client with `responseCache` is created. A call that comes before it is loaded
 * waits for it for a limited time; once a call has waited in vain, later calls do not wait until the loading has ended.
 * A cache makes calls cheaper, so a cache that can't be loaded fails no call; this is reported (`cache.degraded`), and
 * the next call tries again.
 *
 * @throws TypeError or RangeError for options that are invalid, at once.
 */
export function responseCache(
  options: ResponseCacheOptions | true,
  parts: Required<ResponseCacheParts>,
): ResponseCache {
  const { clock, emit } = parts;
  checkOptions(options, parts.where);
  let cache: ResponseCache | undefined;
  let isClosed = false;
  let isMissed = false;
  /** True while the cache is still being loaded, and a call has waited for it in vain. */
  let isOverdue = false;
  const load = async (): Promise<ResponseCache> => {
    const { responseCache } = await cachePackage.load(clock).finally(() => {
      isOverdue = false;
    });
    cache ??= responseCache(options, parts);
    if (isMissed) emit['cache.recovered']?.({ call: noCall(clock) }, {});
    isMissed = false;
    if (isClosed) cache.close();
    return cache;
  };
  /** `undefined` for a call that continues without the cache rather than wait any longer. */
  const inTime = async (context: CallContext): Promise<ResponseCache | undefined> => {
    if (isOverdue) return undefined;
    try {
      const { call, settings } = context;
      const limitMs = Math.min(longestWaitMs, remainingMs(call, settings.totalTimeout) / 2);
      const loaded = await withinCall(load(), context, limitMs);
      if (loaded !== outOfTime) return loaded;
      isOverdue = true;
      throw new Error('The response cache is still being loaded');
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isMissed) emit['cache.degraded']?.({ call: noCall(clock) }, { message: (error as Error).message });
      isMissed = true;
      return undefined;
    }
  };
  const ring = (inside: Inside): Strategy => {
    let inner: Strategy | undefined;
    return {
      name: 'cache',
      async execute(request, next, context) {
        inner ??= (cache ?? (await inTime(context)))?.for(inside);
        return inner ? inner.execute(request, next, context) : next(request, context);
      },
    };
  };
  load().catch(ignore);
  return {
    ...ring({}),
    for: ring,
    close() {
      isClosed = true;
      cache?.close();
    },
  };
}

/** The first call tries again, and reports it. */
function ignore(): void {}
