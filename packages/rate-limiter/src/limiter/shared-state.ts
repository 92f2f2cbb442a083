import { type Clock, redactUrl } from '@holdfast/core';
import { type Emit, given, noCall, requestsAreApart } from '@holdfast/core/internal';
import { joinFleet } from '#fleet';
import { Buckets } from '../buckets/buckets.ts';
import type { PauseGate } from '../buckets/pause-gate.ts';
import type { PausedBy } from '../buckets/pauses.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { ConcurrencyLimit } from '../limits/concurrency-limit.ts';
import type { Limit, LimitEvents, LimitSpec } from '../limits/limit.ts';
import { WindowLimit } from '../limits/window-limit.ts';
import { UnitLimit } from '../units/unit-limit.ts';
import { AdaptiveLimit } from './adaptive.ts';
import type { Limiter } from './limiter.ts';
import { Limiters } from './limiters.ts';
import type { ResolvedOptions } from './options.ts';

interface Tools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
}

/** The limiters, pauses and quotas that all calls of a client share, and the connection to other processes. */
export class SharedState {
  readonly limiters: Limiters;
  readonly buckets: Buckets;
  readonly fleet: Fleet | undefined;
  isClosed = false;
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #noOne: { readonly call: ReturnType<typeof noCall> };

  constructor(options: ResolvedOptions, tools: Tools) {
    this.#options = options;
    this.#clock = tools.clock;
    this.#emit = tools.emit;
    this.#noOne = { call: noCall(tools.clock) };
    this.fleet = this.#joinFleet();
    this.buckets = this.#createBuckets(tools);
    this.limiters = this.#createLimiters();
  }

  close(): void {
    this.isClosed = true;
    this.buckets.pauses.close();
    this.limiters.close();
    this.fleet?.close();
  }

  #joinFleet(): Fleet | undefined {
    const { redis, redisName: name, hidesKeys } = this.#options;
    if (redis === undefined) return undefined;
    return joinFleet(
      { redis, name, hidesKeys, clock: this.#clock },
      {
        degraded: (error) => this.#emit['limiter.degraded']?.(this.#noOne, { message: error.message }),
        recovered: () => this.#emit['limiter.recovered']?.(this.#noOne, {}),
        paused: ({ digest, pauseMs, source, ...scope }) =>
          this.buckets.pauses.beginForFleet(digest, scope, pauseMs, source),
        changed: () => lookAgain(this.limiters.all()),
      },
    );
  }

  #createBuckets({ clock, random }: Tools): Buckets {
    const { keyOfUrl, isKeyWhole, maxQueue, maxQueueMs } = this.#options;
    const shown = (key: string): string => this.limiters.find(key)?.queueLimits.shownKey ?? redactUrl(key);
    return new Buckets({
      clock,
      random,
      shown,
      keyOfUrl,
      isKeyWhole,
      digest: (text) => this.fleet?.digest(text),
      limitsOf: ({ owner: key }, queued) => ({ key, shownKey: shown(key), clock, maxQueue, maxQueueMs, queued }),
      began: (gate, source, by) => this.#pauseBegan(gate, source, by),
      resumed: ({ bucket, limits: { shownKey: key } }) =>
        this.#emit['limiter.resumed']?.(this.#noOne, given({ key, bucket })),
    });
  }

  #createLimiters(): Limiters {
    const { limits, units, maxKeys, maxQueue, maxQueueMs, adaptive, onStoreFailure } = this.#options;
    const clock = this.#clock;
    return new Limiters(maxKeys, {
      clock,
      maxQueue,
      maxQueueMs,
      // On Cloudflare Workers a body that is not read to its end ends with its incoming request, without notice to another one.
      heldByBody: !requestsAreApart() && limits.some(({ perMs }) => perMs === undefined),
      adaptive: (changed) => adaptive && new AdaptiveLimit(adaptive, changed),
      limits: (key, events) => limits.map((spec) => this.#limitOf(key, spec, events)),
      units: (key, ready) => units.map((spec) => new UnitLimit(spec, clock, this.fleet?.shareUnits(key, spec, ready))),
      refuses: () => (onStoreFailure === 'reject' ? this.fleet?.failure : undefined),
      paused: (key) => this.buckets.pauses.queuedAt(key),
      limited: (limiter) => this.#limitChanged(limiter),
    });
  }

  #limitOf(key: string, spec: LimitSpec, events: LimitEvents): Limit {
    const { size, perMs } = spec;
    const local =
      perMs === undefined
        ? new ConcurrencyLimit(size, this.#clock, events)
        : new WindowLimit(size, perMs, this.#clock, events);
    return this.fleet ? this.fleet.share(key, spec, local, events.ready) : local;
  }

  #pauseBegan({ scope, bucket, limits, pausedMs }: PauseGate, source: string, by: PausedBy | undefined): void {
    const pauseMs = Math.ceil(pausedMs);
    const pausedUntil = Math.ceil(this.#clock.wallNow() + pausedMs);
    const figures = given({ key: limits.shownKey, pauseMs, pausedUntil, source, bucket });
    if (by) by.context.emit['limiter.paused']?.(by.context, { ...figures, status: by.status });
    else this.#emit['limiter.paused']?.(this.#noOne, figures);
    if (by) this.fleet?.publishPause(scope, pauseMs, source);
    lookAgain(by ? [this.limiters.find(scope.owner)] : this.limiters.all());
  }

  #limitChanged({ queueLimits, limitedTo, isInDistress }: Limiter): void {
    const { shownKey } = queueLimits;
    if (limitedTo === undefined) this.#emit['limiter.released']?.(this.#noOne, { key: shownKey });
    else {
      const because = isInDistress ? 'distress' : 'resuming';
      this.#emit['limiter.limited']?.(this.#noOne, { key: shownKey, limitedTo, because });
    }
  }
}

function lookAgain(limiters: Iterable<Limiter | undefined>): void {
  for (const limiter of limiters) limiter?.lookAgain();
}
