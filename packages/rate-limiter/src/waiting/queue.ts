import type { CallContext, Clock } from '@holdfast/core';
import { requestsAreApart, type Timer } from '@holdfast/core/internal';
import { heldUp } from './rejections.ts';
import { type Refusal, type Waiting, WaitingCall, type WaitOptions } from './waiting-call.ts';
import { type Priority, WaitingLine } from './waiting-line.ts';

/** The gate for which the calls of a queue wait. */
export interface Gate {
  /** Lets the first call through, if that is possible now, and takes the permits that the call needs. */
  admit(first: Waiting): boolean;
  /** How many calls could go through now. */
  room(): number;
  /** The reason if a call must not wait any longer. */
  refusal(waiting: Waiting): Refusal | undefined;
  /**
   * The time until the gate may open by itself, in milliseconds; `undefined` if only another call's end can open it.
   */
  againInMs(): number | undefined;
}

/**
 * Nothing is polled sooner than after this time, in milliseconds. Where calls can't wake one another, each polls: at
 * first after this time, then at growing intervals.
 */
const firstLookMs = 1;
const laterLookMs = 32;
/** The polling interval in milliseconds, while it is known that the gate stays closed. */
const longestLookMs = 250;
/** A call that has not polled for this long, in milliseconds, has ended with its request. */
const deadAfterMs = 1_000;

/**
 * The calls that wait before a gate, in the order of their priority and then of their coming.
 *
 * A released call is woken by its own promise and continues in its own async context (see `WaitingCall`). Only one
 * timer checks the gate, for the first in the queue.
 *
 * On Cloudflare Workers one incoming request can't wake another: a timer ends with its request, and a promise that
 * another request settles may never call back. So there each call polls the gate by its own timer, and calls that have
 * stopped polling are skipped.
 */
export class Queue {
  readonly #clock: Clock;
  readonly #gate: Gate;
  readonly #changed: () => void;
  readonly #line = new WaitingLine<WaitingCall>();
  readonly #isApart = requestsAreApart();
  #timer: Timer;
  #lookAt = Number.POSITIVE_INFINITY;
  #isLetting = false;

  /** @param changed Called when a call has come or left. */
  constructor(clock: Clock, gate: Gate, changed: () => void) {
    this.#clock = clock;
    this.#gate = gate;
    this.#changed = changed;
  }

  get length(): number {
    return this.#line.length;
  }

  /**
   * Waits for a call's turn; by then its permits are taken. Resolves with the length of the wait, in milliseconds.
   *
   * @throws the caller's reason for giving up, or the error of a refusal.
   */
  async wait(context: CallContext, priority: Priority, options: WaitOptions = {}): Promise<number> {
    context.signal.throwIfAborted();
    const clock = this.#clock;
    const waiting = new WaitingCall(context, { ...options, priority, clock }, (left) => this.#leave(left));
    this.#enter(waiting);
    if (this.#isApart) this.#look(waiting, firstLookMs);
    else this.letGo();
    const refusal = await waiting.turn;
    if (refusal) throw refusal();
    return clock.now() - waiting.queuedAt;
  }

  /** Lets the calls start, in their order, that may start after a change. */
  letGo(): void {
    if (this.#isApart || this.#isLetting) return;
    this.#isLetting = true;
    for (let first = this.#line.first(); first; first = this.#line.first()) {
      const isHeldUp = first.isHeldUp?.() ?? false;
      if (!isHeldUp && !this.#gate.admit(first)) break;
      first.settle(isHeldUp ? () => heldUp : undefined);
    }
    this.#isLetting = false;
    this.#lookLater();
  }

  /** Ends the wait of calls that must not wait any longer after a change. */
  refuse(): void {
    if (this.#isApart) return;
    this.#isLetting = true;
    for (const waiting of this.#line.all()) {
      const refusal = this.#gate.refusal(waiting);
      if (refusal) waiting.settle(refusal);
    }
    this.#isLetting = false;
  }

  /** Ends the wait of every call that waits now. */
  refuseAll(why: (waiting: Waiting) => Refusal): void {
    this.#isLetting = true;
    for (const waiting of this.#line.all()) waiting.settle(why(waiting));
    this.#isLetting = false;
  }

  #enter(waiting: WaitingCall): void {
    const { attempt, call } = waiting.context;
    const isRetry = attempt > 1;
    waiting.place = this.#line.enter(waiting, waiting.priority, isRetry, isRetry ? call.startedAt : waiting.queuedAt);
    this.#changed();
  }

  #leave(waiting: WaitingCall): void {
    if (waiting.place) this.#line.leave(waiting.place);
    waiting.place = undefined;
    if (this.#line.length === 0) this.#lookNoMore();
    this.#changed();
  }

  #lookLater(): void {
    const againMs = this.#line.length === 0 ? undefined : this.#gate.againInMs();
    if (againMs === undefined) return;
    // By a fraction of a millisecond the gate may still be closed then: checking at once would never end.
    const ms = Math.max(firstLookMs, againMs);
    const at = this.#clock.now() + ms;
    // A timer that fires early is set again.
    if (at >= this.#lookAt) return;
    this.#lookNoMore();
    this.#lookAt = at;
    this.#timer = this.#clock.setTimer(() => {
      this.#lookAt = Number.POSITIVE_INFINITY;
      this.letGo();
    }, ms);
  }

  #lookNoMore(): void {
    if (this.#lookAt === Number.POSITIVE_INFINITY) return;
    this.#clock.clearTimer(this.#timer);
    this.#lookAt = Number.POSITIVE_INFINITY;
  }

  /** A call polls repeatedly until it may go, or must leave. */
  #look(waiting: WaitingCall, laterMs: number): void {
    if (waiting.isSettled) return;
    waiting.lookedAt = this.#clock.now();
    if (!waiting.place) this.#enter(waiting);
    const refusal = this.#gate.refusal(waiting);
    if (refusal || (this.#before(waiting) < this.#gate.room() && this.#gate.admit(waiting))) {
      waiting.settle(refusal);
      return;
    }
    const againMs = this.#gate.againInMs();
    const ms = againMs === undefined ? laterMs : Math.max(firstLookMs, Math.min(againMs, longestLookMs));
    waiting.look = this.#clock.setTimer(() => this.#look(waiting, Math.min(2 * laterMs, laterLookMs)), ms);
  }

  /** How many calls are ahead of a call. Calls that have stopped polling are removed. */
  #before(waiting: WaitingCall): number {
    let count = 0;
    for (const other of this.#line.all()) {
      if (other === waiting) break;
      if (this.#clock.now() - other.lookedAt <= deadAfterMs) count++;
      else if (other.place) {
        this.#line.leave(other.place);
        other.place = undefined;
      }
    }
    return count;
  }
}
