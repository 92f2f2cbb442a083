import type { CallContext, Clock } from '@holdfast/core';
import { type Follower, follow, type Timer, unfollow } from '@holdfast/core/internal/late';
import type { Charges } from '../units/charges.ts';
import type { Place, Priority } from './waiting-line.ts';

/** The part of a waiting call that a gate sees. */
export interface Waiting {
  readonly context: CallContext;
  /** By the monotonic clock. */
  readonly queuedAt: number;
  /** Must it wait for something else, such as a pause that has just begun? */
  isHeldUp?(): boolean;
  /** Its costs and charges. */
  readonly ticket?: Ticket | undefined;
}

/** The costs of a call, in each unit, and the charges for its attempt. */
export interface Ticket {
  readonly costs: readonly number[];
  charges: Charges | undefined;
  /** Called when the permit is taken: the call takes its share of what servers reported to its sender. */
  takeShares(): void;
}

/** How a call waits. */
export interface WaitOptions {
  readonly patience?: Patience | undefined;
  /** When the wait began, if the call has waited for something else before. @defaultValue now */
  readonly queuedAt?: number;
  readonly isHeldUp?: () => boolean;
  readonly ticket?: Ticket;
}

/** Makes the error of a call that must not wait any longer, and emits its event. Only that call calls it. */
export type Refusal = () => unknown;

/** How long a call may wait. */
export interface Patience {
  readonly ms: number;
  /**
   * Called when the time is up: returns why the call must leave, or how much longer it may wait, in milliseconds;
   * `undefined` if this wait has no end of its own any more.
   */
  isOver(): Refusal | number | undefined;
}

/**
 * A call that waits for its turn.
 *
 * The turn is a promise of the waiting call, and all that follows (the next ring, the user's functions and listeners)
 * continues in that call. The call that lets it go only settles the promise. A callback that continued the waiting call
 * would run it in the async context of another call: with the user, the span and, on Cloudflare Workers, the right to
 * do I/O of that other call.
 */
export class WaitingCall implements Waiting, Follower {
  readonly context: CallContext;
  readonly queuedAt: number;
  readonly isHeldUp?: () => boolean;
  readonly ticket: Ticket | undefined;
  readonly priority: Priority;
  /** Resolves with nothing when the call may start, and otherwise with the reason why it must not wait any longer. */
  readonly turn: Promise<Refusal | undefined>;
  /** The call's place in the queue, while it has one. */
  place: Place<WaitingCall> | undefined;
  /** When the call last polled, and the timer of its next poll, if calls can't wake one another. */
  lookedAt: number = Number.NEGATIVE_INFINITY;
  look: Timer;
  readonly #clock: Clock;
  readonly #left: (waiting: WaitingCall) => void;
  #timer: Timer;
  #resolve!: (refusal: Refusal | undefined) => void;
  #isSettled = false;

  /** @param left Called once, when the wait has been settled. */
  constructor(
    context: CallContext,
    { priority, clock, patience, queuedAt, isHeldUp, ticket }: WaitOptions & { priority: Priority; clock: Clock },
    left: (waiting: WaitingCall) => void,
  ) {
    this.context = context;
    this.queuedAt = queuedAt ?? clock.now();
    if (isHeldUp) this.isHeldUp = isHeldUp;
    this.ticket = ticket;
    this.priority = priority;
    this.#clock = clock;
    this.#left = left;
    this.turn = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (patience && patience.ms !== Number.POSITIVE_INFINITY) {
      this.#timer = clock.setTimer(() => this.#onTimeout(patience), patience.ms);
    }
    follow(context.signal, this);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Settles the wait: the call may start, or must not wait any longer. The first decision counts. */
  settle(refusal?: Refusal): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    unfollow(this.context.signal, this);
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    if (this.look !== undefined) this.#clock.clearTimer(this.look);
    this.#left(this);
    this.#resolve(refusal);
  }

  /** Called when its caller has given up. */
  handleEvent(): void {
    this.settle(() => this.context.signal.reason);
  }

  #onTimeout(patience: Patience): void {
    const over = patience.isOver();
    if (typeof over === 'number') this.#timer = this.#clock.setTimer(() => this.#onTimeout(patience), over);
    else if (over) this.settle(over);
  }
}
