import type { Clock } from '@holdfast/core';
import type { ApiQuota } from '@holdfast/core/internal';
import { LearnedQuota, quotaOf, type Share } from '../units/learned-quota.ts';
import { type Gate, Queue } from '../waiting/queue.ts';
import { whyClosed } from '../waiting/rejections.ts';
import type { Refusal, Ticket, Waiting } from '../waiting/waiting-call.ts';

/**
 * The quota that a server reported to one sender, and the calls of this sender that wait for their share of it. They wait
 * here before they enter the limiter's line, so that a sender whose quota is used up delays no other one.
 *
 * A call enters the line with its share, or while nothing is known. A report ends the shares of all calls that are not
 * sent yet: each takes another one with its permit, or leaves the line if the report leaves none for it.
 */
export class LearnedGate implements Gate {
  readonly quota: LearnedQuota;
  readonly queue: Queue;
  /** Which of a call's costs count here. */
  readonly #index: number;
  #isClosed = false;
  /** The shares of calls that are not sent yet. */
  readonly #shares = new Map<Ticket, Share>();
  /** The shares of calls that were handed on since the last report: one that turns out to be unsent is given back. */
  readonly #handedOn = new Map<Ticket, Share>();

  /** @param changed A call has come or left. */
  constructor(clock: Clock, index: number, changed: (gate: LearnedGate) => void) {
    this.#index = index;
    this.quota = new LearnedQuota(clock);
    this.queue = new Queue(clock, this, () => changed(this));
  }

  /** Takes the share of a call, if it may go now and no call waits; one that costs nothing waits for none. */
  tryTake(ticket: Ticket): boolean {
    const isBehind = this.queue.length > 0 && this.#costOf(ticket) > 0 && !this.#shares.has(ticket);
    if (isBehind || !this.admits(ticket)) return false;
    this.take(ticket);
    return true;
  }

  admit({ ticket }: Waiting): boolean {
    if (ticket === undefined) return true;
    if (!this.admits(ticket)) return false;
    this.take(ticket);
    return true;
  }

  /** Does the call have its share, or may it take one now? A request that costs nothing may always go. */
  admits(ticket: Ticket): boolean {
    return this.#shares.has(ticket) || this.#costOf(ticket) === 0 || this.quota.admits();
  }

  /** The call has its share, whether the pace allows it or not. */
  take(ticket: Ticket): void {
    if (this.#shares.has(ticket)) return;
    const share = this.quota.take(this.#costOf(ticket));
    if (share) this.#shares.set(ticket, share);
  }

  /** The call is sent: its share is used. */
  sent(ticket: Ticket): void {
    this.take(ticket);
    const share = this.#shares.get(ticket);
    this.#shares.delete(ticket);
    if (share) this.#handedOn.set(ticket, share);
    const cost = this.#costOf(ticket);
    if (cost > 0) this.quota.sent(cost, share);
  }

  /** The call is not sent, or has to wait for something else. */
  giveBack(ticket: Ticket): void {
    this.#giveBackOf(this.#shares, ticket);
  }

  /** The attempt has ended. @param wasSent False if its request has never left. */
  ended(ticket: Ticket, wasSent: boolean): void {
    if (wasSent) this.#handedOn.delete(ticket);
    else this.#giveBackOf(this.#handedOn, ticket);
  }

  #giveBackOf(shares: Map<Ticket, Share>, ticket: Ticket): void {
    const share = shares.get(ticket);
    if (!share) return;
    shares.delete(ticket);
    this.quota.giveBack(share);
    if (this.queue.length > 0) this.queue.letGo();
  }

  #costOf({ costs }: Ticket): number {
    return costs[this.#index] ?? 0;
  }

  room(): number {
    return this.quota.admits() ? 1 : 0;
  }

  refusal(waiting: Waiting): Refusal | undefined {
    return this.#isClosed ? whyClosed(waiting) : undefined;
  }

  againInMs(): number {
    return this.quota.againInMs();
  }

  /** Takes the quotas of an answer to this sender. */
  noteQuotas(unit: string, quotas: readonly ApiQuota[], wallNow: number): void {
    const quota = quotaOf(unit, quotas);
    if (quota === undefined) return;
    const before = [...this.#shares];
    this.#shares.clear();
    // What the server says is left is without them.
    this.#handedOn.clear();
    for (const [, share] of before) this.quota.giveBack(share);
    this.quota.note(quota, wallNow);
    // The calls in the line come before those that wait here.
    for (const [ticket] of before) if (this.quota.admits()) this.take(ticket);
    if (this.queue.length > 0) this.queue.letGo();
  }

  /** Does a call wait here, or hold a share of a window that is not over? */
  get isInUse(): boolean {
    return this.queue.length > 0 || (this.#shares.size > 0 && !this.quota.isIdle());
  }

  /** Is there nothing to be remembered? */
  get isIdle(): boolean {
    return !this.isInUse && this.quota.isIdle();
  }

  close(): void {
    this.#isClosed = true;
    this.queue.refuse();
  }
}
