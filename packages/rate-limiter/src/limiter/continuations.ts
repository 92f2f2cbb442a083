import type { CallContext, Clock, Outcome } from '@holdfast/core';
import type { ResponseOutcome } from '@holdfast/core/internal';
import type { Learning } from '../buckets/learning.ts';
import type { Passage } from '../buckets/passage.ts';
import type { Limit } from '../limits/limit.ts';
import type { UnitLimit } from '../units/unit-limit.ts';
import { type Gate, Queue } from '../waiting/queue.ts';
import type { QueueLimits } from '../waiting/queue-limits.ts';
import { heldUp, plainPatience, whyFull } from '../waiting/rejections.ts';
import type { Refusal, Ticket, Waiting } from '../waiting/waiting-call.ts';
import type { Priority } from '../waiting/waiting-line.ts';
import { Permits } from './permits.ts';
import type { Traits } from './sign.ts';

/** The inputs of a line of continuations. */
export interface ContinuationsParts {
  readonly clock: Clock;
  readonly queueLimits: QueueLimits;
  /** The limits that count starts. */
  readonly windows: readonly Limit[];
  readonly units: readonly UnitLimit[];
  readonly learning: Learning;
  /** The reason if no request may be queued. */
  refuses(): Error | undefined;
  /** The reason if a request must not wait here. */
  refusal(waiting: Waiting): Refusal | undefined;
  /**
   * Called when a request may be sent: if an event has said that it waits, another event says that it no longer does.
   */
  granted(context: CallContext, passage: Passage): true;
  /** Called when a request has come or left. */
  changed(): void;
  /** Called when a permit or a charge was given back, for which calls may wait. */
  released(): void;
}

const none: readonly number[] = [];

/**
 * Range requests that continue a body whose permit still holds.
 *
 * For the server each of them is a request: it counts in every window and in every unit, and waits for the end of a
 * pause. It already has a permit among the calls under way; in the queue for a second one it would wait behind calls
 * that wait for the permit of its own body. So these requests have a separate queue, which is served first.
 */
export class Continuations implements Gate {
  readonly key: string;
  readonly units: readonly UnitLimit[];
  readonly learning: Learning;
  readonly queueLimits: QueueLimits;
  readonly #parts: ContinuationsParts;
  readonly #permits: Permits;
  readonly #queue: Queue;
  /** The costs of the first in the line. */
  #next: readonly number[] = none;

  constructor(parts: ContinuationsParts) {
    const { clock, windows, units, released } = parts;
    this.#parts = parts;
    this.key = parts.queueLimits.key;
    this.units = units;
    this.learning = parts.learning;
    this.queueLimits = parts.queueLimits;
    this.#permits = new Permits({ clock, limits: windows, units, adaptive: undefined, changed: released });
    this.#queue = new Queue(clock, this, () => parts.changed());
  }

  get length(): number {
    return this.#queue.length;
  }

  tryTake(ticket?: Ticket): boolean {
    const isFree = this.#queue.length === 0 && this.#permits.obstacle(ticket?.costs) === undefined;
    if (!isFree || this.#parts.refuses()) return false;
    this.#permits.take(ticket);
    return true;
  }

  /** Like `Limiter.turn`. */
  async turn(context: CallContext, priority: Priority, passage: Passage): Promise<boolean> {
    const { queueLimits, granted } = this.#parts;
    if (this.tryTake(passage)) return granted(context, passage);
    const { queuedAt } = passage;
    const refusal = whyFull(queueLimits, context, queueLimits.queued() + 1) ?? this.refusal({ context, queuedAt });
    if (refusal) throw refusal();
    const isHeldUp = (): boolean => passage.isHeldUp();
    const patience = plainPatience(queueLimits, { context, queuedAt });
    const turn = this.#queue.wait(context, priority, { queuedAt, isHeldUp, patience, ticket: passage });
    passage.emitQueued(queueLimits.queued(), 'limit');
    try {
      await turn;
    } catch (reason) {
      if (reason === heldUp) return false;
      throw reason;
    }
    return granted(context, passage);
  }

  /** The caller has given up since the permit was taken, so that nothing is sent. */
  notNeeded({ charges }: Passage): void {
    this.#permits.notNeeded(charges);
  }

  admit({ ticket }: Waiting): boolean {
    this.#next = ticket?.costs ?? none;
    if (this.#permits.obstacle(this.#next) !== undefined) this.#permits.ask(this.#next, this.#queue.length);
    if (this.#permits.obstacle(this.#next) !== undefined) return false;
    this.#permits.take(ticket);
    return true;
  }

  room(): number {
    return this.#permits.room();
  }

  refusal(waiting: Waiting): Refusal | undefined {
    return this.#parts.refusal(waiting);
  }

  againInMs(): number | undefined {
    return this.#permits.againInMs(this.#next);
  }

  /** Lets the calls start that may start after a change. */
  letGo(): void {
    if (this.#queue.length > 0) this.#queue.letGo();
  }

  lookAgain(): void {
    this.#queue.refuse();
    this.letGo();
  }

  refuseAll(why: (waiting: Waiting) => Refusal): void {
    this.#queue.refuseAll(why);
  }

  started(): void {
    this.#permits.started();
  }

  answered(outcome: ResponseOutcome, startedAt: number, traits: Traits): Response {
    this.failed(outcome, startedAt, traits);
    return outcome.response;
  }

  failed(outcome: Outcome, startedAt: number, traits: Traits): void {
    this.#permits.ended(outcome, startedAt, traits);
    this.#permits.giveBack();
  }
}
