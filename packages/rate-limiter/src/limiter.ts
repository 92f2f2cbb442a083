import {
  type CallContext,
  type Clock,
  longestServerWait,
  type Outcome,
  parseQuota,
  parseServerTiming,
  type QueuedBecause,
  QueueRejectedError,
  type Quota,
  redactUrl,
  remainingMs,
  respectsServerTiming,
  spreadServerTime,
} from '@holdfast/core';
import { type AdaptiveLimit, signOf } from './adaptive.ts';
import type { Limit } from './limit.ts';
import { Pause } from './pause.ts';
import { type Place, type Priority, WaitingLine } from './waiting-line.ts';

/** One that waits for a permit. */
interface Waiting {
  readonly context: CallContext;
  readonly queuedAt: number;
  /** Was it said that it waits? */
  readonly isTold: boolean;
  go(): void;
  reject(error: unknown): void;
}

/** The call whose answer asked for a pause. */
interface PausedBy {
  readonly context: CallContext;
  readonly status: number;
}

/** What the limiters of all keys have in common. */
export interface LimiterParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxQueue: number;
  readonly maxQueueMs: number;
  /** A limit that is found out; none where that is not asked for. */
  adaptive(): AdaptiveLimit | undefined;
  /** @param onReady to be called when there is a permit that was asked for. */
  limits(key: string, onReady: () => void): readonly Limit[];
  /** @param by none where another process was told. */
  paused(limiter: Limiter, source: string, by: PausedBy | undefined): void;
  resumed(limiter: Limiter): void;
  /** Why nobody is queued, if so. */
  refuses(): Error | undefined;
}

/** The limiter of one key: who may go, who waits, and for how long the server wants to be left alone. */
export class Limiter {
  readonly key: string;
  /** A function of the user's may have made it from a URL, and events and errors tell no secrets. */
  readonly shownKey: string;
  readonly #parts: LimiterParts;
  readonly #limits: readonly Limit[];
  readonly #pause: Pause;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #line = new WaitingLine<Waiting>();
  #running = 0;
  #inFlight = 0;
  #isLetting = false;
  quota: Quota | undefined;

  constructor(key: string, parts: LimiterParts) {
    this.key = key;
    this.shownKey = redactUrl(key);
    this.#parts = parts;
    const letGo = (): void => this.#letGo();
    this.#limits = parts.limits(key, letGo);
    this.#adaptive = parts.adaptive();
    this.#pause = new Pause(parts.clock, {
      resumed: () => parts.resumed(this),
      mayGo: letGo,
    });
  }

  /** Permits that are held. */
  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#line.length;
  }

  get pausedMs(): number {
    return this.#pause.leftMs;
  }

  get isIdle(): boolean {
    const isFree = this.#running === 0 && this.#line.length === 0 && this.pausedMs === 0;
    return isFree && this.#limits.every((limit) => limit.isIdle());
  }

  /** Takes a permit, if there is one for the asking and nobody waits. */
  tryTake(): boolean {
    if (this.#line.length > 0 || this.#obstacle() !== undefined || this.#parts.refuses()) return false;
    this.#take();
    return true;
  }

  /** Waits for a permit, which is taken when `go` is called. */
  wait(context: CallContext, priority: Priority, go: () => void, reject: (error: unknown) => void): void {
    const { clock, maxQueueMs } = this.#parts;
    const { signal } = context;
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    // Permits are handed out a moment later: whoever will get one does not wait.
    const waiting = this.#line.length + 1 - this.#room();
    const refused = this.#refused(context, waiting) ?? this.#doomed(context, clock.now());
    if (refused) {
      reject(refused);
      return;
    }
    const leave = (): void => {
      this.#line.leave(place);
      signal.removeEventListener('abort', onAbort);
      if (timer !== undefined) clock.clearTimer(timer);
      this.#pause.waiting(this.#line.length > 0);
    };
    const onAbort = (): void => {
      leave();
      reject(signal.reason);
    };
    const onTimeout = (): void => {
      leave();
      reject(this.#rejected(context, 'QUEUE_TIMEOUT', `no permit came free within ${maxQueueMs} ms`));
    };
    const place: Place<Waiting> = this.#line.enter(
      {
        context,
        queuedAt: clock.now(),
        isTold: waiting > 0,
        go() {
          leave();
          go();
        },
        reject(error) {
          leave();
          reject(error);
        },
      },
      priority,
    );
    const timer = maxQueueMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(onTimeout, maxQueueMs);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#pause.waiting(true);
    if (waiting > 0) {
      const because = this.#obstacle() ?? 'limit';
      context.emit['permit.queued']?.(context, { key: this.shownKey, queued: waiting, because });
    }
    this.#letGo();
  }

  /** How many could go now, if they asked. */
  #room(): number {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined && obstacle !== 'limit') return 0;
    return Math.min(...this.#limits.map((limit) => limit.room()));
  }

  /** @param waiting How many would wait, this one included. */
  #refused(context: CallContext, waiting: number): QueueRejectedError | undefined {
    const cause = this.#parts.refuses();
    if (cause) return this.#rejected(context, 'QUEUE_FULL', cause.message, { cause });
    if (waiting <= this.#parts.maxQueue) return undefined;
    const queued = waiting - 1;
    return this.#rejected(context, 'QUEUE_FULL', `${queued} calls wait already, and no more may`, { queued });
  }

  /** The store of the limits is gone, or is back: whoever waits is rejected, or is asked for anew. */
  storeChanged(): void {
    if (!this.#parts.refuses()) this.#letGo();
    else for (const { context, reject } of this.#line.all()) reject(this.#refused(context, 0));
  }

  /** Lets go whoever may, in their order; asks for permits for the others. */
  #letGo(): void {
    if (this.#isLetting) return;
    this.#isLetting = true;
    for (let first = this.#line.first(); first; first = this.#line.first()) {
      const obstacle = this.#obstacle();
      // One after the other: a permit that waits for another one would be one that others lack.
      if (obstacle === 'limit') this.#limits.find((limit) => !limit.atHand())?.ask(this.#line.length);
      if (obstacle !== undefined) break;
      const { context, queuedAt, isTold } = first;
      this.#take();
      const waitMs = this.#parts.clock.now() - queuedAt;
      if (isTold) context.emit['permit.granted']?.(context, { key: this.shownKey, waitMs });
      first.go();
    }
    this.#isLetting = false;
    if (this.#line.length === 0) for (const limit of this.#limits) limit.nobodyWaits?.();
  }

  /** What keeps the next one from going. */
  #obstacle(): QueuedBecause | undefined {
    if (!this.#pause.admits(this.#inFlight)) return this.pausedMs > 0 ? 'paused' : 'resuming';
    if (this.#adaptive && this.#inFlight >= this.#adaptive.limit) {
      this.#adaptive.full(this.#parts.clock.now());
      return 'distress';
    }
    return this.#limits.every((limit) => limit.atHand()) ? undefined : 'limit';
  }

  #take(): void {
    for (const limit of this.#limits) limit.take();
    this.#running++;
    this.#inFlight++;
  }

  /** The request is on its way. */
  started(): void {
    for (const limit of this.#limits) limit.started?.();
  }

  /** It has ended: by an answer, or by an error. */
  ended(outcome: Outcome, startedAt: number, context: CallContext): void {
    this.#adaptive?.ended(signOf(outcome), startedAt, this.#inFlight, this.#parts.clock.now());
    this.#inFlight--;
    if (outcome.kind === 'error') return;
    this.#hear(outcome.response, context);
    this.#pause.answered(this.#line.length);
  }

  /** The permit is given back. */
  release(): void {
    this.#running--;
    for (const limit of this.#limits) limit.giveBack();
    if (this.#line.length > 0) this.#letGo();
  }

  /** Does the server ask for a pause, or is its quota used up? */
  #hear(response: Response, context: CallContext): void {
    const { clock } = this.#parts;
    const { status, headers } = response;
    if (status === 429 || status === 503) {
      const timing = parseServerTiming(headers, clock.wallNow());
      const isAsked = timing !== undefined && timing.retryAfterMs > 0;
      if (isAsked && respectsServerTiming(context.settings.levels, response)) {
        this.pauseFor(timing.retryAfterMs, timing.source, { context, status });
      }
    }
    if (!tellsQuota(headers)) return;
    const quota = parseQuota(headers, clock.wallNow());
    if (!quota) return;
    this.quota = quota;
    const { remaining, resetAt } = quota;
    const untilReset = remaining === 0 && resetAt !== undefined ? resetAt - clock.wallNow() : 0;
    if (untilReset > 0) this.pauseFor(untilReset, 'quota', { context, status });
  }

  /**
   * Nobody goes for so long.
   *
   * @param source The header that asked for it.
   * @param by none where another process was told.
   */
  pauseFor(ms: number, source: string, by?: PausedBy): void {
    if (!this.#pause.extend(ms, spreadServerTime(ms, this.#parts.random()) - ms)) return;
    this.#parts.paused(this, source, by);
    for (const { context, queuedAt, reject } of this.#line.all()) {
      const doomed = this.#doomed(context, queuedAt);
      if (doomed) reject(doomed);
    }
  }

  /** Whoever can't wait for the end of a pause hears so now, and when to come again. */
  #doomed(context: CallContext, queuedAt: number): QueueRejectedError | undefined {
    const { pausedMs } = this;
    if (pausedMs === 0) return undefined;
    const { clock, maxQueueMs } = this.#parts;
    const { totalTimeout, levels } = context.settings;
    const left = remainingMs(context.call, totalTimeout);
    const allowed = Math.min(longestServerWait(levels), queuedAt + maxQueueMs - clock.now());
    if (pausedMs <= allowed && pausedMs < left) return undefined;
    const words =
      pausedMs < left
        ? `longer than the ${Math.round(allowed)} ms that it may wait`
        : `and its time ends in ${Math.round(left)} ms`;
    const why = `the server asked to be left alone for another ${Math.ceil(pausedMs)} ms, ${words}`;
    return this.#rejected(context, 'QUEUE_TIMEOUT', why, { retryAt: clock.wallNow() + Math.ceil(pausedMs) });
  }

  #rejected(
    context: CallContext,
    code: QueueRejectedError['code'],
    why: string,
    further: { readonly cause?: unknown; readonly retryAt?: number; readonly queued?: number } = {},
  ): QueueRejectedError {
    const { call, emit } = context;
    const { shownKey: key } = this;
    emit['call.rejected']?.(context, { errorCode: code, key });
    const subject = code === 'QUEUE_FULL' ? 'was not queued' : 'did not wait any longer';
    const message = `${call.method} ${call.url} ${subject}: ${why}`;
    return new QueueRejectedError({ call, code, key, message, queued: this.#line.length, ...further });
  }

  close(): void {
    this.#pause.close();
    for (const limit of this.#limits) limit.close();
  }
}

/** Most answers say nothing of a quota: four names to be asked for, and nothing to be parsed. */
function tellsQuota(headers: Headers): boolean {
  return quotaFields.some((name) => headers.has(name));
}

const quotaFields = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'];
