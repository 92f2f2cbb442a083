import {
  type CallContext,
  type Clock,
  type Outcome,
  type QueuedBecause,
  type Quota,
  redactUrl,
  spreadServerTime,
} from '@holdfast/core';
import { type AdaptiveLimit, signOf } from './adaptive.ts';
import type { Limit, LimitEvents } from './limit.ts';
import { Pause } from './pause.ts';
import { type Gate, Queue } from './queue.ts';
import { closedError, type QueueLimits, rejection, whyFull, whyTooLong } from './rejections.ts';
import { pauseOf, pauseUntilReset, quotaOf } from './server-word.ts';
import { UnreadBodies } from './unread-bodies.ts';
import type { Patience, Refusal, Waiting } from './waiting-call.ts';
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
export interface LimiterParts {
  readonly clock: Clock;
  readonly maxQueue: number;
  readonly maxQueueMs: number;
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

/** The limiter of one key: how many calls may go, which wait, and for how long the server wants to be left alone. */
export class Limiter implements Gate {
  readonly key: string;
  /** A function of the user's may have made it from a URL, and events and errors tell no secrets. */
  readonly shownKey: string;
  readonly #parts: LimiterParts;
  readonly #limits: readonly Limit[];
  readonly #pause: Pause;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #queue: Queue;
  readonly #queueLimits: QueueLimits;
  readonly #bodies: UnreadBodies | undefined;
  #running = 0;
  #inFlight = 0;
  #isClosed = false;
  quota: Quota | undefined;

  constructor(key: string, parts: LimiterParts) {
    this.key = key;
    this.shownKey = redactUrl(key);
    this.#parts = parts;
    const { clock, maxQueue, maxQueueMs } = parts;
    this.#queue = new Queue(clock, this, () => this.#queueChanged());
    this.#queueLimits = { shownKey: this.shownKey, clock, maxQueue, maxQueueMs, queued: () => this.queued };
    this.#limits = parts.limits(key, {
      ready: () => this.#queue.letGo(),
      failed: (error) => this.#queue.refuseAll(({ context }) => this.#notQueued(context, error)),
    });
    this.#adaptive = parts.adaptive(() => parts.limited(this));
    this.#pause = new Pause(clock, () => parts.resumed(this));
    const giveBack = (): void => this.#giveBack();
    this.#bodies = parts.heldByBody ? new UnreadBodies(clock, () => this.queued > 0, giveBack) : undefined;
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

  /**
   * Waits for a permit. It is taken when this resolves.
   *
   * @throws QueueRejectedError, ClientClosedError, or the caller's reason for giving up.
   */
  async turn(context: CallContext, priority: Priority): Promise<void> {
    const { clock } = this.#parts;
    // Permits are handed out a moment later: a call that will get one of them does not wait.
    const waiting = this.queued + 1 - this.room();
    const refusal = whyFull(this.#queueLimits, context, waiting) ?? this.refusal({ context, queuedAt: clock.now() });
    if (refusal) throw refusal();
    const key = this.shownKey;
    const isTold = waiting > 0;
    const turn = this.#queue.wait(context, priority, this.#patience(context));
    if (isTold) {
      const because = this.#obstacle() ?? 'limit';
      context.emit['permit.queued']?.(context, { key, queued: waiting, because });
      this.#bodies?.look();
    }
    const waitMs = await turn;
    if (context.signal.aborted) {
      this.#notNeeded(clock.now());
      throw context.signal.reason;
    }
    if (isTold) context.emit['permit.granted']?.(context, { key, waitMs });
  }

  /** How long a call may wait; of its own accord the limiter is patient, but for a server in distress. */
  #patience(context: CallContext): Patience {
    const { maxQueueMs } = this.#parts;
    // A retry had to wait for leave already: few of them go, and calls in line depend on what they come to.
    const isImpatient = maxQueueMs === Number.POSITIVE_INFINITY && this.isInDistress && context.attempt === 1;
    const ms = isImpatient ? this.#distressMs() : maxQueueMs;
    return {
      ms,
      isOver: () => {
        const holds = this.isInDistress && this.#isDistressAlone();
        // What it would have been too long for is over.
        if (isImpatient && !holds) return undefined;
        const why = `no permit came free within ${ms} ms${holds ? `, since ${inDistress}` : ''}`;
        return () => rejection(this.#queueLimits, context, { code: 'QUEUE_TIMEOUT', why });
      },
    };
  }

  #distressMs(): number {
    const least = this.#adaptive?.isAnswered ? inRecoveryMs : inDistressMs;
    return Math.max(least, Math.ceil(2 * (this.#adaptive?.usualMs ?? 0)));
  }

  /** How many could go now, if they asked. */
  room(): number {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined && obstacle !== 'limit') return 0;
    return Math.min(...this.#limits.map((limit) => limit.room()));
  }

  /** Why a call must not wait: the limiter is closed, the store of its limits is gone, or the pause is too long for it. */
  refusal(waiting: Waiting): Refusal | undefined {
    const { context } = waiting;
    if (this.#isClosed) return () => closedError(context, 'waits no longer, since its limiter was closed');
    const cause = this.#parts.refuses();
    return cause ? this.#notQueued(context, cause) : whyTooLong(this.#queueLimits, waiting, this.pausedMs);
  }

  #notQueued(context: CallContext, cause: Error): Refusal {
    return () => rejection(this.#queueLimits, context, { code: 'QUEUE_FULL', why: cause.message, cause });
  }

  /** The store of the limits is gone, or is back: whoever waits is rejected, or is asked for anew. */
  storeChanged(): void {
    this.#queue.refuse();
    this.#queue.letGo();
  }

  /** Nothing else keeps them waiting. */
  #isDistressAlone(): boolean {
    return this.isInDistress && this.pausedMs === 0 && this.#limits.every((limit) => limit.room() > 0);
  }

  #queueChanged(): void {
    if (this.queued === 0) for (const limit of this.#limits) limit.nobodyWaits?.();
  }

  /** Takes a permit for the first in the line, if there is one; else asks for one. */
  admit(): boolean {
    const obstacle = this.#obstacle();
    // One after the other: a permit that waits for another one would be one that others lack.
    if (obstacle === 'limit') this.#limits.find((limit) => !limit.atHand())?.ask(this.queued);
    if (obstacle !== undefined) return false;
    this.#take();
    return true;
  }

  againInMs(): number | undefined {
    const obstacle = this.#obstacle();
    if (!this.#pause.admits(this.#inFlight)) return this.#pause.againInMs();
    // Though no other call may come or end by then, the first one goes and looks.
    if (obstacle === 'distress' || obstacle === 'resuming') return this.#adaptive?.probeInMs(this.#parts.clock.now());
    return this.#limits.find((limit) => !limit.atHand())?.againInMs?.();
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

  /** A permit was taken for a call that has given up since. */
  #notNeeded(startedAt: number): void {
    this.started();
    this.#adaptive?.ended('none', startedAt, startedAt, this.#inFlight, this.#pause.isResuming);
    this.#inFlight--;
    this.#giveBack();
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
    if (this.queued > 0) this.#queue.letGo();
  }

  #giveBack(): void {
    this.#running--;
    for (const limit of this.#limits) limit.giveBack();
    if (this.queued > 0) this.#queue.letGo();
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
    this.#parts.paused(this, source, by);
    this.#queue.refuse();
    this.#queue.letGo();
  }

  close(): void {
    this.#isClosed = true;
    this.#queue.refuse();
    this.#pause.close();
    this.#bodies?.close();
    for (const limit of this.#limits) limit.close();
  }
}
