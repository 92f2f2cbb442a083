import type { Inside, ResponseCache, ResponseCacheOptions, ResponseCacheParts } from '@holdfast/cache';
import { checkOptions } from '@holdfast/cache/check-options';
import type { CallContext, Strategy } from '@holdfast/core';
import { ignore, noCall, onDemand, outOfTime, remainingMs, withinCall } from '@holdfast/core/internal';

/** The cache is the largest part of the first load that is off by default. */
const cachePackage = onDemand('The response cache', () => import('./cache.ts'));

/** The longest time that a call waits for it, in milliseconds; a call never waits for more than half of its time. */
const longestWaitMs = 5_000;

/**
 * The response cache, loaded as soon as a client with `responseCache` is created. A call that comes before it is loaded
 * waits for it for a limited time; once a call has stopped waiting, later calls do not wait until the loading has ended.
 * A cache makes calls cheaper, so a cache that can't be loaded fails no call; this is reported (`cache.degraded`), and
 * the next call tries again.
 *
 * @throws TypeError or RangeError for options that are invalid, at once.
 */
export function responseCache(
  options: ResponseCacheOptions | true,
  parts: Required<ResponseCacheParts>,
): ResponseCache {
  checkOptions(options, parts.where);
  const late = new LateCache(options, parts);
  return { ...late.ring({}), for: (inside) => late.ring(inside), close: () => late.close() };
}

class LateCache {
  readonly #options: ResponseCacheOptions | true;
  readonly #parts: Required<ResponseCacheParts>;
  #cache: ResponseCache | undefined;
  #isClosed = false;
  /** True if a call has continued without the cache, and this was reported. */
  #isMissed = false;
  /** True while the cache is still being loaded, and a call has stopped waiting for it. */
  #isOverdue = false;

  constructor(options: ResponseCacheOptions | true, parts: Required<ResponseCacheParts>) {
    this.#options = options;
    this.#parts = parts;
    // The first call tries again, and reports a failure.
    this.#load().catch(ignore);
  }

  ring(inside: Inside): Strategy {
    let inner: Strategy | undefined;
    return {
      name: 'cache',
      execute: async (request, next, context) => {
        inner ??= (this.#cache ?? (await this.#inTime(context)))?.for(inside);
        return inner ? inner.execute(request, next, context) : next(request, context);
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#cache?.close();
  }

  async #load(): Promise<ResponseCache> {
    const { clock, emit } = this.#parts;
    const { responseCache } = await cachePackage.load(clock).finally(() => {
      this.#isOverdue = false;
    });
    this.#cache ??= responseCache(this.#options, this.#parts);
    if (this.#isMissed) emit['cache.recovered']?.({ call: noCall(clock) }, {});
    this.#isMissed = false;
    if (this.#isClosed) this.#cache.close();
    return this.#cache;
  }

  /** `undefined` for a call that continues without the cache rather than wait any longer. */
  async #inTime(context: CallContext): Promise<ResponseCache | undefined> {
    if (this.#isOverdue) return undefined;
    try {
      const { call, settings } = context;
      const limitMs = Math.min(longestWaitMs, remainingMs(call, settings.totalTimeout) / 2);
      const loaded = await withinCall(this.#load(), context, limitMs);
      if (loaded !== outOfTime) return loaded;
      this.#isOverdue = true;
      throw new Error('The response cache is still being loaded');
    } catch (error) {
      context.signal.throwIfAborted();
      const { clock, emit } = this.#parts;
      if (!this.#isMissed) emit['cache.degraded']?.({ call: noCall(clock) }, { message: (error as Error).message });
      this.#isMissed = true;
      return undefined;
    }
  }
}
