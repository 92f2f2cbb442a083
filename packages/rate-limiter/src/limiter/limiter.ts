import type { CallContext, Clock, Outcome } from '@holdfast/core';
import { type BodyReader, passOutcome, type ResponseOutcome } from '@holdfast/core/internal/late';
import { Learning } from '../buckets/learning.ts';
import type { Passage } from '../buckets/passage.ts';
import type { Limit, LimitEvents } from '../limits/limit.ts';
import type { UnitLimit } from '../units/unit-limit.ts';
import { type Gate, Queue } from '../waiting/queue.ts';
import { type QueueLimits, queueLimits } from '../waiting/queue-limits.ts';
import { rejection } from '../waiting/rejection.ts';
import { heldUp, whyClosed, whyFull } from '../waiting/rejections.ts';
import type { Refusal, Ticket, Waiting } from '../waiting/waiting-call.ts';
import type { Priority } from '../waiting/waiting-line.ts';
import type { AdaptiveLimit } from './adaptive.ts';
import { Continuations } from './continuations.ts';
import { HeldBodies } from './held-bodies.ts';
import { patienceOf } from './patience.ts';
import { noCosts, Permits } from './permits.ts';
import type { Traits } from './sign.ts';

/** What the limiters of all keys share. */
export interface LimiterParts {
  readonly clock: Clock;
  readonly maxQueue: number;
  readonly maxQueueMs: number;
  /** Does a limit count a call until its body has ended? */
  readonly heldByBody: boolean;
  /** The adaptive limit; absent if it is switched off. */
  adaptive(changed: () => void): AdaptiveLimit | undefined;
  limits(key: string, events: LimitEvents): readonly Limit[];
  units(key: string, ready: () => void): readonly UnitLimit[];
  /** Returns how many of a key's calls wait for the end of a pause. */
  paused(key: string): number;
  /** Called when the adaptive limit has started, or has been removed. */
  limited(limiter: Limiter): void;
  /** The reason if no call may be queued. */
  refuses(): Error | undefined;
}

/** The limiter of one key: how many calls may start, and which calls wait. Pauses come before it. */
export class Limiter implements Gate {
  readonly key: string;
  readonly #parts: LimiterParts;
  readonly #permits: Permits;
  /** The costs of the first call in the line. */
  #next = noCosts;
  readonly #queue: Queue;
  readonly queueLimits: QueueLimits;
  /** Requests that continue a body whose permit still holds. */
  readonly continuations: Continuations;
  readonly units: readonly UnitLimit[];
  /** How many calls are on their way to a permit. */
  entering = 0;
  readonly learning: Learning;
  readonly #bodies: HeldBodies | undefined;
  #isClosed = false;

  /** @param shown Returns the key for events and errors, without secrets. */
  constructor(key: string, shown: () => string, parts: LimiterParts) {
    this.key = key;
    this.#parts = parts;
    const { clock, maxQueue, maxQueueMs } = parts;
    this.#queue = new Queue(clock, this, () => this.#queueChanged());
    this.queueLimits = queueLimits(shown, { key, clock, maxQueue, maxQueueMs, queued: () => this.queued });
    const limits = parts.limits(key, {
      ready: () => this.#letGo(),
      failed: (error) => {
        const refusal = ({ context }: Waiting): Refusal => this.#notQueued(context, error);
        this.continuations.refuseAll(refusal);
        this.#queue.refuseAll(refusal);
      },
    });
    const changed = (): void => this.#letGo();
    const units = parts.units(key, changed);
    this.units = units;
    this.learning = new Learning(units, clock);
    this.#permits = new Permits({ clock, limits, units, adaptive: parts.adaptive(() => parts.limited(this)), changed });
    this.continuations = new Continuations({
      clock,
      units,
      queueLimits: this.queueLimits,
      learning: this.learning,
      windows: limits.filter(({ countsStarts }) => countsStarts),
      refuses: () => parts.refuses(),
      refusal: (waiting) => this.refusal(waiting),
      granted: (context, passage) => this.#granted(context, passage),
      changed: () => this.#queueChanged(),
      released: () => this.#letGo(),
    });
    const giveBack = (): void => this.#permits.giveBack();
    this.#bodies = parts.heldByBody ? new HeldBodies(clock, () => this.#queue.length > 0, giveBack) : undefined;
  }

  /** Permits that are held. */
  get running(): number {
    return this.#permits.running;
  }

  /** When a call last took a permit. */
  get usedAt(): number {
    return this.#permits.usedAt;
  }

  /** How many calls may be under way, if the server shows that it cannot take more. */
  get limitedTo(): number | undefined {
    return this.#permits.limitedTo;
  }

  /** Is the server in distress, and not just slow after a pause? */
  get isInDistress(): boolean {
    return this.#permits.isInDistress;
  }

  get isIdle(): boolean {
    return this.running + this.queued + this.entering === 0 && this.#permits.isIdle && this.learning.isIdle;
  }

  room(): number {
    return this.#permits.room();
  }

  againInMs(): number | undefined {
    return this.#permits.againInMs(this.#next);
  }

  /** Called when the request is sent. */
  started(): void {
    this.#permits.started();
  }

  /** Calls that wait for a permit, or for the end of a pause. */
  get queued(): number {
    return this.#queue.length + this.continuations.length + this.learning.queued + this.#parts.paused(this.key);
  }

  /** Takes a permit, if one is available at once and no call waits. */
  tryTake(ticket?: Ticket): boolean {
    if (this.#queue.length > 0 || this.#permits.obstacle(ticket?.costs) !== undefined || this.#parts.refuses())
      return false;
    this.#permits.take(ticket);
    return true;
  }

  /**
   * Waits for a permit. It is taken when this resolves.
   *
   * @returns false if a pause that concerns the call has begun meanwhile: no permit was taken.
   * @throws QueueRejectedError, ClientClosedError, or the caller's reason for giving up.
   */
  async turn(context: CallContext, priority: Priority, passage: Passage): Promise<boolean> {
    if (this.tryTake(passage)) return this.#granted(context, passage);
    const { queuedAt } = passage;
    // Permits are handed out a moment later, so a call that will get one of them does not count as waiting. If the
    // first call in the line lacks units, all behind it wait as well.
    const waitsForUnits =
      this.units.length > 0 && (this.#queue.length > 0 || this.#permits.unitFor(passage.costs) >= 0);
    const waiting = this.#queue.length + 1 - (waitsForUnits ? 0 : this.room());
    const further = this.queued - this.#queue.length;
    const refusal = whyFull(this.queueLimits, context, waiting + further) ?? this.refusal({ context, queuedAt });
    if (refusal) throw refusal();
    const isHeldUp = (): boolean => passage.isHeldUp();
    const patience = patienceOf(context, queuedAt, this.#permits, this.queueLimits);
    const turn = this.#queue.wait(context, priority, { queuedAt, isHeldUp, patience, ticket: passage });
    if (waiting > 0) {
      passage.emitQueued(waiting + further, this.#permits.obstacle(passage.costs) ?? 'limit');
      this.#bodies?.look();
    }
    try {
      await turn;
    } catch (reason) {
      if (reason === heldUp) return false;
      throw reason;
    }
    return this.#granted(context, passage);
  }

  notNeeded({ charges }: Passage): void {
    this.#permits.notNeeded(charges);
  }

  #granted(context: CallContext, { isReported, queuedAt }: Passage): true {
    const waitMs = this.#parts.clock.now() - queuedAt;
    if (isReported && !context.signal.aborted)
      context.emit['permit.granted']?.(context, { key: this.queueLimits.shownKey, waitMs });
    return true;
  }

  /** Why a call must not wait here: the limiter is closed, its store cannot be reached, or a pause has begun. */
  refusal({ context, isHeldUp }: Waiting): Refusal | undefined {
    if (this.#isClosed) return whyClosed({ context });
    const cause = this.#parts.refuses();
    if (cause) return this.#notQueued(context, cause);
    return isHeldUp?.() ? () => heldUp : undefined;
  }

  #notQueued(context: CallContext, cause: Error): Refusal {
    return () => rejection(this.queueLimits, context, { code: 'QUEUE_FULL', why: cause.message, cause });
  }

  /** Called when the store is lost or back, or a pause has begun: the calls in the line may have to leave it. */
  lookAgain(): void {
    this.continuations.lookAgain();
    this.#queue.refuse();
    this.#queue.letGo();
  }

  #letGo(): void {
    this.continuations.letGo();
    if (this.#queue.length > 0) this.#queue.letGo();
  }

  #queueChanged(): void {
    // The call that gave up may have needed more units than the next one.
    if (this.units.length > 0 && this.#queue.length > 0) this.#queue.letGo();
    if (this.#queue.length + this.continuations.length === 0) this.#permits.noneWaits();
  }

  /** Takes a permit for the first call in the queue, if there is one; otherwise asks for one. */
  admit({ ticket }: Waiting): boolean {
    this.#next = ticket?.costs ?? noCosts;
    const obstacle = this.#permits.obstacle(this.#next);
    // One limit after the other: a permit of a call that waits for a second one is missing for other calls.
    if (obstacle === 'limit') this.#permits.ask(this.#next, this.#queue.length);
    if (obstacle !== undefined) return false;
    this.#permits.take(ticket);
    return true;
  }

  /**
   * Called with the answer; returns the response for the caller. The permit is given back, at the end of the body if the
   * limit counts that. If it is known what reads the body of a success, that is the `reader`.
   */
  answered(outcome: ResponseOutcome, startedAt: number, traits: Traits, reader?: BodyReader): Response {
    const { response } = outcome;
    this.#permits.ended(outcome, startedAt, traits);
    if (!this.#bodies) {
      this.#permits.giveBack();
      return response;
    }
    const held = this.#bodies.hold(response, outcome.status < 400 ? reader : undefined);
    if (held !== response) passOutcome(outcome, held);
    // The body may hold the permit for long; the adaptive limit may let other calls start.
    if (this.#queue.length > 0) this.#queue.letGo();
    return held;
  }

  /** Called if there is no answer. The permit is given back. */
  failed(outcome: Outcome, startedAt: number, traits: Traits): void {
    this.#permits.ended(outcome, startedAt, traits);
    this.#permits.giveBack();
  }

  close(): void {
    this.#isClosed = true;
    this.continuations.lookAgain();
    this.#queue.refuse();
    this.learning.close();
    this.#bodies?.close();
    this.#permits.close();
  }
}
