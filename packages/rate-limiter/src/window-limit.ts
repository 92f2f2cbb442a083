import type { Clock, Timer } from '@holdfast/core';
import { createSlots } from '#slots';
import type { Limit, LimitEvents } from './limit.ts';
import type { Slots } from './slots.ts';

/** A job of Bottleneck's: `weight` starts, of which `left` are still to come. */
interface Lease {
  readonly weight: number;
  left: number;
  lastStart: number;
  readonly end: () => void;
}

/**
 * So many starts in any window of `perMs`, wherever it begins. A job of Bottleneck's lasts from its start until `perMs`
 * after it, so that no more than `size` of them run means just that: no bucket that is refilled (which lets twice as
 * many through around a refill), and no fixed window.
 *
 * While far from the limit, one job stands for a block of starts, and lasts until `perMs` after the last of them; near
 * the limit, one for each.
 */
export class WindowLimit implements Limit {
  readonly #slots: Slots;
  readonly #size: number;
  readonly #perMs: number;
  readonly #clock: Clock;
  readonly #events: LimitEvents;
  readonly #block: number;
  /** The one whose starts are taken now. */
  #open: Lease | undefined;
  /** The one that was taken from last. */
  #latest: Lease | undefined;
  /** Those that are used up, in the order of their last starts; from `#first` on. */
  #used: Lease[] = [];
  #first = 0;
  #leased = 0;
  #asking = false;
  #timer: Timer;

  constructor(size: number, perMs: number, clock: Clock, events: LimitEvents) {
    this.#slots = createSlots(size, clock);
    this.#size = size;
    this.#perMs = perMs;
    this.#clock = clock;
    this.#events = events;
    // What is lost where a block is used up late is less than two in a hundred.
    this.#block = Math.min(256, Math.max(1, Math.floor(size / 64)));
  }

  atHand(): boolean {
    const lease = this.#open;
    if (!lease) return false;
    // Its starts are all out of the window by now: it is as good as new.
    if (lease.left < lease.weight && this.#isOver(lease)) lease.left = lease.weight;
    return true;
  }

  room(): number {
    this.#endUsed();
    return this.#size - this.#leased + (this.#open?.left ?? 0);
  }

  take(): void {
    const lease = this.#open as Lease;
    lease.lastStart = this.#clock.now();
    this.#latest = lease;
    if (--lease.left > 0) return;
    this.#open = undefined;
    this.#used.push(lease);
  }

  /** From the take to the start it may be milliseconds, in code that runs for the first time. */
  started(): void {
    if (this.#latest) this.#latest.lastStart = this.#clock.now();
  }

  giveBack(): void {}

  ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#endUsed();
    const weight = this.#size - this.#leased >= 2 * this.#block ? this.#block : 1;
    const starts = (): Promise<void> => {
      this.#asking = false;
      this.#clock.clearTimer(this.#timer);
      this.#leased += weight;
      const ended = new Promise<void>((end) => {
        this.#open = { weight, left: weight, lastStart: 0, end };
      });
      this.#events.ready();
      return ended;
    };
    this.#slots.schedule({ weight }, starts).catch((error: Error) => {
      this.#asking = false;
      this.#clock.clearTimer(this.#timer);
      this.#events.failed(error);
    });
    this.#wait();
  }

  /** Ends the job that is over first, when it is, for as long as somebody asks. */
  #wait(): void {
    const oldest = this.#used[this.#first];
    if (!oldest || this.#leased < this.#size) return;
    const left = Math.max(0, oldest.lastStart + this.#perMs - this.#clock.now());
    this.#timer = this.#clock.setTimer(() => {
      this.#endUsed();
      if (this.#asking) this.#wait();
    }, left);
  }

  #isOver({ lastStart }: Lease): boolean {
    return this.#clock.now() - lastStart >= this.#perMs;
  }

  #endUsed(): void {
    for (let lease = this.#used[this.#first]; lease && this.#isOver(lease); lease = this.#used[this.#first]) {
      this.#leased -= lease.weight;
      this.#first++;
      lease.end();
    }
    if (this.#first < this.#used.length && this.#first < 1000) return;
    this.#used = this.#used.slice(this.#first);
    this.#first = 0;
  }

  isIdle(): boolean {
    this.#endUsed();
    const { left, weight } = this.#open ?? { left: 0, weight: 0 };
    return !this.#asking && this.#used.length === 0 && (left === weight || this.#isOver(this.#open as Lease));
  }

  close(): void {
    this.#clock.clearTimer(this.#timer);
  }
}
