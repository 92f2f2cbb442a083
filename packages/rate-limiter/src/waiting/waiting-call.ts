import type { CallContext, Clock } from '@holdfast/core';
import { type Follower, follow, type Timer, unfollow } from '@holdfast/core/internal';
import type { Charges } from '../units/charges.ts';
import type { Place, Priority } from './waiting-line.ts';

/** What a gate knows of a waiting call. */
export interface Waiting {
  readonly context: CallContext;
  /** By the monotonic clock. */
  readonly queuedAt: number;
  /** Must it wait somewhere else, as for a pause that has just begun? */
  isHeldUp?(): boolean;
  /** What it will be charged; after that, what it was charged. */
  readonly ticket?: Ticket | undefined;
}

/** What a call will cost, in each unit, and what it was charged for its attempt. */
export interface Ticket {
  readonly costs: readonly number[];
  charges: Charges | undefined;
}

/** How a call waits. */
export interface WaitOptions {
  readonly patience?: Patience | undefined;
  /** Since when it waits, where it has waited somewhere else before. @defaultValue since now */
  readonly queuedAt?: number;
  readonly isHeldUp?: () => boolean;
  readonly ticket?: Ticket;
}

/** Makes the error of a call that must not wait any longer, and emits its event. It is called by that call alone. */
export type Refusal = () => unknown;

/** How long a call may wait. */
export interface Patience {
  readonly ms: number;
  /** Called when the time is up: why the call must leave, or `undefined` if it may keep waiting. */
  isOver(): Refusal | undefined;
}

/**
 * A call that waits for its turn.
 *
 * The turn is a promise of the waiting call, and whatever follows from it (the next ring, functions and listeners of the
 * user's) is the continuation of that call. The call that lets it go only settles the promise. A callback that went on
 * with the waiting call would run it in the async context of another one: with that one's user, span and, on Cloudflare
 * Workers, its right to do I/O.
 */
export class WaitingCall implements Waiting, Follower {
  readonly context: CallContext;
  readonly queuedAt: number;
  readonly isHeldUp?: () => boolean;
  readonly ticket: Ticket | undefined;
  readonly priority: Priority;
  /** Resolves with nothing when the call may start, and otherwise with the reason why it must not wait any longer. */
  readonly turn: Promise<Refusal | undefined>;
  /** Its place in the queue, while it has one. */
  place: Place<WaitingCall> | undefined;
  /** When it last looked for itself, and the timer by which it does so again: where calls can't wake one another. */
  lookedAt: number = Number.NEGATIVE_INFINITY;
  look: Timer;
  readonly #clock: Clock;
  readonly #left: (waiting: WaitingCall) => void;
  readonly #timer: Timer;
  #resolve!: (refusal: Refusal | undefined) => void;
  #isSettled = false;

  /** @param left Called once, when it has been settled. */
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

  /** The call may start, or must not wait any longer. The first decision counts. */
  settle(refusal?: Refusal): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    unfollow(this.context.signal, this);
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    if (this.look !== undefined) this.#clock.clearTimer(this.look);
    this.#left(this);
    this.#resolve(refusal);
  }

  /** Its caller has given up. */
  handleEvent(): void {
    this.settle(() => this.context.signal.reason);
  }

  #onTimeout(patience: Patience): void {
    const refusal = patience.isOver();
    if (refusal) this.settle(refusal);
  }
}
