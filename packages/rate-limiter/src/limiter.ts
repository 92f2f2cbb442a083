import {
  type CallContext,
  type Clock,
  type Outcome,
  type QueuedBecause,
  type QueueRejectedError,
  type Quota,
  redactUrl,
  spreadServerTime,
  type Timer,
} from '@holdfast/core';
import { type AdaptiveLimit, signOf } from './adaptive.ts';
import type { Limit, LimitEvents } from './limit.ts';
import { Pause } from './pause.ts';
import { closedError, type Impatience, Queue, type QueueParts } from './queue.ts';
import { pauseOf, pauseUntilReset, quotaOf } from './server-word.ts';
import { UnreadBodies } from './unread-bodies.ts';
import type { Priority } from './waiting-line.ts';

/** The call whose answer asked for a pause. */
interface PausedBy {
  readonly context: CallContext;
  readonly status: number;
}

/**
 * While the server is in distress, nobody waits for longer, in milliseconds: who comes later would wait for all of them. But
 * where answers usually take long, it is twice as long as they do, or hardly anybody would see one of those before him end.
 */
const inDistressMs = 2_000;
/** When it answers again, who comes last is not to be turned away for the sake of those who waited before. */
const inRecoveryMs = 4_000;
const inDistress =
  'nearly all of the last calls got no answer, and few go at once until the server is better; ' +
  '`rateLimit: { maxQueueMs }` lets them wait for longer, `{ adaptive: false }` lets them go';

/** What the limiters of all keys have in common. */
export interface LimiterParts extends QueueParts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Does a limit count a call until its body has ended? */
  readonly heldByBody: boolean;
  /** A limit that is found out; none where that is not asked for. */
  adaptive(changed: () => void): AdaptiveLimit | undefined;
  limits(key: string, events: LimitEvents): readonly Limit[];
  /** @param by none where another process was told. */
  paused(limiter: Limiter, source: string, by: PausedBy | undefined): void;
  resumed(limiter: Limiter): void;
  /** The limit that is found out has begun, or has let go. */
  limited(limiter: Limiter): void;
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
  readonly #queue: Queue;
  readonly #bodies: UnreadBodies | undefined;
  readonly #impatience: Impatience;
  #probeTimer: Timer;
  #running = 0;
  #inFlight = 0;
  #isLetting = false;
  quota: Quota | undefined;

  constructor(key: string, parts: LimiterParts) {
    this.key = key;
    this.shownKey = redactUrl(key);
    this.#parts = parts;
    const letGo = (): void => this.#letGo();
    this.#limits = parts.limits(key, {
      ready: letGo,
      failed: (error) => this.#queue.rejectWhere(({ context }) => this.#notQueued(context, error)),
    });
    this.#adaptive = parts.adaptive(() => parts.limited(this));
    this.#pause = new Pause(parts.clock, {
      resumed: () => parts.resumed(this),
      mayGo: letGo,
    });
    this.#queue = new Queue(this.shownKey, parts, () => this.#queueChanged());
    this.#impatience = {
      ms: () => {
        const least = this.#adaptive?.isAnswered ? inRecoveryMs : inDistressMs;
        return Math.max(least, Math.ceil(2 * (this.#adaptive?.usualMs ?? 0)));
      },
      why: inDistress,
      holds: () => this.#isDistressAlone(),
    };
    const giveBack = (): void => this.#giveBack();
    this.#bodies = parts.heldByBody ? new UnreadBodies(parts.clock, () => this.queued > 0, giveBack) : undefined;
  }

  /** Permits that are held. */
  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get pausedMs(): number {
    return this.#pause.leftMs;
  }

  /** How many may be on their way, where the server shows that it can't take more. */
  get limitedTo(): number | undefined {
    const limit = this.#adaptive?.limit ?? Number.POSITIVE_INFINITY;
    return limit < Number.POSITIVE_INFINITY ? limit : undefined;
  }

  /** Is it so, and not just slow after a pause? */
  get isInDistress(): boolean {
    return this.limitedTo !== undefined && this.#adaptive?.isAfterPause === false;
  }

  get isIdle(): boolean {
    const isFree = this.#running === 0 && this.queued === 0 && this.pausedMs === 0;
    const isWell = isFree && (this.#adaptive?.isIdle(this.#parts.clock.now()) ?? true);
    return isWell && this.#limits.every((limit) => limit.isIdle());
  }

  /** Takes a permit, if there is one for the asking and nobody waits. */
  tryTake(): boolean {
    if (this.queued > 0 || this.#obstacle() !== undefined || this.#parts.refuses()) return false;
    this.#take();
    return true;
  }

  /** Waits for a permit, which is taken when `go` is called. */
  wait(context: CallContext, priority: Priority, go: () => void, reject: (error: unknown) => void): void {
    // Permits are handed out a moment later: whoever will get one does not wait.
    const waiting = this.queued + 1 - this.#room();
    const rejection =
      this.#refused(context) ??
      this.#queue.full(context, waiting) ??
      this.#queue.outlasted({ context, queuedAt: this.#parts.clock.now() }, this.pausedMs);
    if (rejection) {
      reject(rejection);
      return;
    }
    const isTold = waiting > 0;
    const because = this.#obstacle() ?? 'limit';
    this.#queue.enter({ context, isTold, go, reject }, priority, this.isInDistress ? this.#impatience : undefined);
    if (isTold) {
      context.emit['permit.queued']?.(context, { key: this.shownKey, queued: waiting, because });
      this.#bodies?.look();
    }
    this.#letGo();
  }

  /** How many could go now, if they asked. */
  #room(): number {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined && obstacle !== 'limit') return 0;
    return Math.min(...this.#limits.map((limit) => limit.room()));
  }

  #refused(context: CallContext): QueueRejectedError | undefined {
    const cause = this.#parts.refuses();
    return cause && this.#notQueued(context, cause);
  }

  #notQueued(context: CallContext, cause: Error): QueueRejectedError {
    return this.#queue.rejection(context, 'QUEUE_FULL', cause.message, { cause });
  }

  /** The store of the limits is gone, or is back: whoever waits is rejected, or is asked for anew. */
  storeChanged(): void {
    this.#queue.rejectWhere(({ context }) => this.#refused(context));
    this.#letGo();
  }

  /** Nothing else keeps them waiting. */
  #isDistressAlone(): boolean {
    return this.isInDistress && this.pausedMs === 0 && this.#limits.every((limit) => limit.room() > 0);
  }

  /** Somebody came, or left. */
  #queueChanged(): void {
    this.#pause.waiting(this.queued > 0);
    if (this.queued === 0) this.#probeNoMore();
  }

  #probeNoMore(): void {
    this.#parts.clock.clearTimer(this.#probeTimer);
    this.#probeTimer = undefined;
  }

  /** Though nobody else may come or end by then, the first one goes and looks. */
  #probeLater(): void {
    const { clock } = this.#parts;
    const ms = this.#adaptive?.probeInMs(clock.now());
    if (!ms || this.#probeTimer !== undefined) return;
    this.#probeTimer = clock.setTimer(() => {
      this.#probeTimer = undefined;
      this.#letGo();
    }, ms);
  }

  /** Lets go whoever may, in their order; asks for permits for the others. */
  #letGo(): void {
    if (this.#isLetting) return;
    this.#isLetting = true;
    for (let first = this.#queue.first(); first; first = this.#queue.first()) {
      const obstacle = this.#obstacle();
      // One after the other: a permit that waits for another one would be one that others lack.
      if (obstacle === 'limit') this.#limits.find((limit) => !limit.atHand())?.ask(this.queued);
      if (obstacle !== undefined) {
        if (obstacle === 'distress' || obstacle === 'resuming') this.#probeLater();
        break;
      }
      const { context, queuedAt, isTold } = first;
      this.#take();
      const waitMs = this.#parts.clock.now() - queuedAt;
      if (isTold) context.emit['permit.granted']?.(context, { key: this.shownKey, waitMs });
      first.go();
    }
    this.#isLetting = false;
    if (this.queued === 0) for (const limit of this.#limits) limit.nobodyWaits?.();
  }

  /** What keeps the next one from going. */
  #obstacle(): QueuedBecause | undefined {
    if (!this.#pause.admits(this.#inFlight)) return this.pausedMs > 0 ? 'paused' : 'resuming';
    if (this.#adaptive && !this.#adaptive.admits(this.#inFlight, this.#parts.clock.now())) {
      return this.isInDistress ? 'distress' : 'resuming';
    }
    for (const limit of this.#limits) if (!limit.atHand()) return 'limit';
    return undefined;
  }

  #take(): void {
    for (const limit of this.#limits) limit.take();
    this.#running++;
    this.#adaptive?.started(this.#parts.clock.now(), this.#inFlight);
    this.#inFlight++;
  }

  /** The request is on its way. */
  started(): void {
    for (const limit of this.#limits) limit.started?.();
  }

  /** There is an answer, or an error. The permit is given back, at the end of the body where that counts. */
  ended(outcome: Outcome, startedAt: number, context: CallContext): void {
    const now = this.#parts.clock.now();
    this.#adaptive?.ended(signOf(outcome), startedAt, now, this.#inFlight, this.#pause.isResuming);
    this.#inFlight--;
    if (outcome.kind === 'error') {
      this.#giveBack();
      return;
    }
    const { response } = outcome;
    this.#hear(response, context);
    this.#pause.answered(this.queued);
    if (!this.#bodies) {
      this.#giveBack();
      return;
    }
    this.#bodies.hold(response);
    // Its body may hold the permit for long; there may be others for whoever waited for an answer.
    if (this.queued > 0) this.#letGo();
  }

  #giveBack(): void {
    this.#running--;
    for (const limit of this.#limits) limit.giveBack();
    if (this.queued > 0) this.#letGo();
  }

  #hear(response: Response, context: CallContext): void {
    const { status } = response;
    const asked = pauseOf(response, context);
    if (asked) this.pauseFor(asked.ms, asked.source, { context, status });
    const quota = quotaOf(response, context);
    if (!quota) return;
    this.quota = quota;
    const untilReset = pauseUntilReset(quota, context);
    if (untilReset) this.pauseFor(untilReset.ms, untilReset.source, { context, status });
  }

  /**
   * Nobody goes for so long.
   *
   * @param source The header that asked for it.
   * @param by none where another process was told.
   */
  pauseFor(ms: number, source: string, by?: PausedBy): void {
    if (!this.#pause.extend(ms, spreadServerTime(ms, this.#parts.random()) - ms)) return;
    this.#probeNoMore();
    this.#parts.paused(this, source, by);
    this.#queue.rejectWhere((waiting) => this.#queue.outlasted(waiting, this.pausedMs));
  }

  close(): void {
    this.#queue.rejectWhere(({ context }) => closedError(context, 'waits no longer, since its limiter was closed'));
    this.#pause.close();
    this.#bodies?.close();
    for (const limit of this.#limits) limit.close();
  }
}
