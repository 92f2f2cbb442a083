import type { CallContext, Clock, Outcome } from '@holdfast/core';
import type { Heard } from '../answers/may-tell.ts';
import type { Passage } from '../buckets/passage.ts';
import type { Limit } from '../limits/limit.ts';
import { Charges } from '../units/charges.ts';
import type { UnitLimit } from '../units/unit-limit.ts';
import { type Gate, Queue } from '../waiting/queue.ts';
import { heldUp, type QueueLimits, rejection, whyFull } from '../waiting/rejections.ts';
import type { Refusal, Ticket, Waiting } from '../waiting/waiting-call.ts';
import type { Priority } from '../waiting/waiting-line.ts';

/** What a line of continuations is made from. */
export interface ContinuationsParts {
  readonly clock: Clock;
  readonly queueLimits: QueueLimits;
  /** The limits that count starts. */
  readonly windows: readonly Limit[];
  readonly units: readonly UnitLimit[];
  /** Why a request must not wait here, if so. */
  refusal(waiting: Waiting): Refusal | undefined;
  /** A request has come or left. */
  changed(): void;
  /** Something was given back that calls may wait for. */
  released(): void;
}

const none: readonly number[] = [];

/**
 * Range requests that continue a body whose permit still holds.
 *
 * To the server each is a request: it counts in every window and in every unit, and waits for the end of a pause. It
 * already has a place among the calls under way; in the queue for a second one it would wait behind calls that wait for
 * the permit of its own body. So these have a queue of their own, which is served first.
 */
export class Continuations implements Gate {
  readonly key: string;
  readonly units: readonly UnitLimit[];
  readonly queueLimits: QueueLimits;
  readonly #parts: ContinuationsParts;
  readonly #queue: Queue;
  /** The costs of the first in the line. */
  #next: readonly number[] = none;

  constructor(parts: ContinuationsParts) {
    this.#parts = parts;
    this.key = parts.queueLimits.key;
    this.units = parts.units;
    this.queueLimits = parts.queueLimits;
    this.#queue = new Queue(parts.clock, this, () => parts.changed());
  }

  get length(): number {
    return this.#queue.length;
  }

  tryTake(ticket?: Ticket): boolean {
    if (this.#queue.length > 0 || !this.#isOpen(ticket?.costs ?? none)) return false;
    this.#take(ticket);
    return true;
  }

  /** As `Limiter.turn`. */
  async turn(context: CallContext, priority: Priority, passage: Passage): Promise<boolean> {
    if (this.tryTake(passage)) return true;
    const { clock, queueLimits } = this.#parts;
    const { queuedAt } = passage;
    const refusal = whyFull(queueLimits, context, queueLimits.queued() + 1) ?? this.refusal({ context, queuedAt });
    if (refusal) throw refusal();
    const isHeldUp = (): boolean => passage.isHeldUp();
    const { maxQueueMs } = queueLimits;
    const why = `no permit became free within ${maxQueueMs} ms; see \`rateLimit: { maxQueueMs }\``;
    const patience = {
      ms: Math.max(0, queuedAt + maxQueueMs - clock.now()),
      isOver: () => () => rejection(queueLimits, context, { code: 'QUEUE_TIMEOUT', why }),
    };
    const turn = this.#queue.wait(context, priority, { queuedAt, isHeldUp, patience, ticket: passage });
    passage.tell(queueLimits.queued(), 'limit');
    try {
      await turn;
    } catch (reason) {
      if (reason === heldUp) return false;
      throw reason;
    }
    if (!context.signal.aborted) return true;
    passage.charges?.giveBack();
    this.started();
    this.#giveBack();
    throw context.signal.reason;
  }

  admit({ ticket }: Waiting): boolean {
    this.#next = ticket?.costs ?? none;
    if (!this.#isOpen(this.#next)) {
      const window = this.#parts.windows.find((one) => !one.atHand());
      if (window) window.ask(this.#queue.length);
      else {
        const index = this.#unitFor(this.#next);
        this.units[index]?.ask(this.#next[index] ?? 0);
      }
    }
    if (!this.#isOpen(this.#next)) return false;
    this.#take(ticket);
    return true;
  }

  room(): number {
    return Math.min(...this.#parts.windows.map((window) => window.room()));
  }

  refusal(waiting: Waiting): Refusal | undefined {
    return this.#parts.refusal(waiting);
  }

  againInMs(): number | undefined {
    const window = this.#parts.windows.find((one) => !one.atHand());
    if (window) return window.againInMs?.();
    const index = this.#unitFor(this.#next);
    return this.units[index]?.againInMs(this.#next[index] ?? 0);
  }

  /** Something has changed: those that may go do so. */
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
    for (const window of this.#parts.windows) window.started?.();
  }

  answered({ response }: Heard): Response {
    this.#giveBack();
    return response;
  }

  failed(_outcome: Outcome): void {
    this.#giveBack();
  }

  #giveBack(): void {
    for (const window of this.#parts.windows) window.giveBack();
    this.#parts.released();
  }

  #take(ticket: Ticket | undefined): void {
    for (const window of this.#parts.windows) window.take();
    if (!ticket || this.units.length === 0) return;
    const { clock, released } = this.#parts;
    ticket.charges = new Charges(this.units, ticket.costs, { now: () => clock.now(), changed: released });
  }

  #isOpen(costs: readonly number[]): boolean {
    return this.#parts.windows.every((window) => window.atHand()) && this.#unitFor(costs) < 0;
  }

  #unitFor(costs: readonly number[]): number {
    return this.units.findIndex((unit, index) => !unit.fits(costs[index] ?? 0));
  }
}
