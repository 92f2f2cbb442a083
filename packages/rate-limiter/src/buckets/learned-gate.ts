import type { Clock } from '@holdfast/core';
import type { ApiQuota } from '@holdfast/core/internal';
import { LearnedQuota } from '../units/learned-quota.ts';
import { type Gate, Queue } from '../waiting/queue.ts';
import { closedError } from '../waiting/rejections.ts';
import type { Refusal, Ticket, Waiting } from '../waiting/waiting-call.ts';

/**
 * The quota that a server told one sender about, and the calls of this sender that wait for their share of it. They wait
 * here before they enter the limiter's line, so that a sender whose quota is used up delays no other one.
 */
export class LearnedGate implements Gate {
  readonly quota: LearnedQuota;
  readonly queue: Queue;
  /** Which of a call's costs count here. */
  readonly #index: number;
  #isClosed = false;

  /** @param changed A call has come or left. */
  constructor(clock: Clock, index: number, changed: (gate: LearnedGate) => void) {
    this.#index = index;
    this.quota = new LearnedQuota(clock);
    this.queue = new Queue(clock, this, () => changed(this));
  }

  /** Takes the share of a call, if it may go now and no call waits. */
  tryTake(ticket: Ticket): boolean {
    return this.queue.length === 0 && this.#take(ticket);
  }

  admit({ ticket }: Waiting): boolean {
    return ticket === undefined || this.#take(ticket);
  }

  /** A request that costs nothing may always go. */
  #take({ costs }: Ticket): boolean {
    const cost = costs[this.#index] ?? 0;
    if (cost > 0 && !this.quota.admits()) return false;
    this.quota.take(cost);
    return true;
  }

  room(): number {
    return this.quota.admits() ? 1 : 0;
  }

  refusal({ context }: Waiting): Refusal | undefined {
    if (!this.#isClosed) return undefined;
    return () => closedError(context, 'was rejected in the queue, since its limiter was closed');
  }

  againInMs(): number {
    return this.quota.againInMs();
  }

  /** Takes the quotas of an answer to this sender. */
  hear(unit: string, quotas: readonly ApiQuota[], wallNow: number): void {
    this.quota.hear(unit, quotas, wallNow);
    if (this.queue.length > 0) this.queue.letGo();
  }

  /** Is there nothing to be remembered? */
  get isIdle(): boolean {
    return this.queue.length === 0 && this.quota.isIdle();
  }

  close(): void {
    this.#isClosed = true;
    this.queue.refuse();
  }
}
