import type Bottleneck from 'bottleneck';
// @ts-expect-error This file has no types. It is the part of the package without Redis, so the types are those of the
// whole package.
import light from 'bottleneck/light.js';
import type { Slots } from './slot-stock.ts';

const LocalBottleneck: typeof Bottleneck = light;

/**
 * A stock of permits in Bottleneck's reservoir: a job takes its weight out of it, and ends at once.
 *
 * If a job lasted as long as its permits are held, one call would begin it and another one would end it, and settle its
 * promise: Bottleneck would continue in the async context of that call, or, on Cloudflare Workers, not at all.
 */
export function bottleneckSlots(size: number): Slots {
  const limiter = fastBottleneck({ reservoir: size });
  return {
    take: (permits) => limiter.schedule({ weight: permits }, noWork),
    async giveBack(permits) {
      await limiter.incrementReservoir(permits);
    },
  };
}

const noWork = (): Promise<void> => Promise.resolve();

/**
 * A local Bottleneck without its timers: unchanged, each job waits for `setTimeout(0)` four times under a lock, some
 * 5 ms, although it has nothing to wait for. It keeps no times: all times are those of the injected clock.
 *
 * @remarks The members are Bottleneck's own, private ones, and the version is pinned. Where they are missing, it is
 * used unchanged.
 */
function fastBottleneck(options: Bottleneck.ConstructorOptions): Bottleneck {
  const limiter = new LocalBottleneck(options);
  const inner = limiter as unknown as Partial<Inner>;
  if (!isKnown(inner)) return limiter;
  inner._store.yieldLoop = () => Promise.resolve();
  inner._run = function run(index, job) {
    job.doRun();
    this._scheduled[index] = { job };
    const again = (): void => this._run(index, job, 0);
    queueMicrotask(() => {
      const clear = (): boolean => this._clearGlobalState(index);
      job.doExecute(this._limiter, clear, again, (...ended) => this._free(index, job, ...ended));
    });
  };
  return limiter;
}

interface Job {
  doRun(): void;
  doExecute(
    chained: unknown,
    clear: () => boolean,
    run: () => void,
    free: (...ended: readonly unknown[]) => unknown,
  ): void;
}

interface Inner {
  readonly _store: { yieldLoop: () => Promise<void> };
  readonly _scheduled: Record<string, { job: Job }>;
  readonly _limiter: unknown;
  _run: (this: Inner, index: string, job: Job, wait: number) => void;
  _clearGlobalState(index: string): boolean;
  _free(index: string, job: Job, ...ended: readonly unknown[]): unknown;
}

function isKnown(inner: Partial<Inner>): inner is Inner {
  const members = [inner._store?.yieldLoop, inner._run, inner._clearGlobalState, inner._free];
  return members.every((member) => typeof member === 'function') && typeof inner._scheduled === 'object';
}
