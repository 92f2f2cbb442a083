import type { Clock } from '@holdfast/core';
import { createSlots } from '#slots';
import type { Limit, LimitEvents } from './limit.ts';
import type { Slots } from './slot-stock.ts';

/** A block of starts that was taken from Bottleneck at once; `left` of them are still unused. */
interface Lease {
  readonly weight: number;
  left: number;
  lastStart: number;
}

/**
 * A limit on starts in any window of `perMs`, wherever it begins. A start is given back to Bottleneck's stock when it
 * is `perMs` old, so at most `size` starts can count at any time. A bucket that is refilled, or a fixed window, would
 * let twice as many through around its boundary.
 *
 * While far from the limit, starts are taken in blocks, and given back `perMs` after the last start of the block; near
 * the limit, one by one. The first block needs no Bottleneck: a process that sends little never creates one.
 */
export class WindowLimit implements Limit {
  readonly countsStarts = true;
  readonly #size: number;
  readonly #perMs: number;
  readonly #clock: Clock;
  readonly #events: LimitEvents;
  readonly #block: number;
  /** Bottleneck's stock of all starts but those of the first block; created when a second block is needed. */
  #slots: Slots | undefined;
  /** The block whose starts are taken now. */
  #open: Lease | undefined;
  /** The blocks whose starts belong to calls that have not started yet, and the number of these calls. */
  #taken: Lease[] = [];
  #toStart = 0;
  /** The used-up blocks, in the order of their last starts, from `#first` on. */
  #used: Lease[] = [];
  #first = 0;
  #leased: number;
  /** Starts that are out of their window, and are not given back yet. */
  #over = 0;
  #asking = false;

  constructor(size: number, perMs: number, clock: Clock, events: LimitEvents) {
    this.#size = size;
    this.#perMs = perMs;
    this.#clock = clock;
    this.#events = events;
    // A block that is used up late costs less than two per cent of the rate.
    this.#block = Math.min(256, Math.max(1, Math.floor(size / 64)));
    this.#open = { weight: this.#block, left: this.#block, lastStart: 0 };
    this.#leased = this.#block;
  }

  atHand(): boolean {
    const lease = this.#open;
    if (!lease) return false;
    // All its starts are out of the window by now, so it can be used again.
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
    this.#toStart++;
    if (this.#taken.at(-1) !== lease) this.#taken.push(lease);
    if (--lease.left > 0) return;
    this.#open = undefined;
    this.#used.push(lease);
  }

  /** Between taking and starting, milliseconds may pass in code that runs for the first time. */
  started(): void {
    const now = this.#clock.now();
    for (const lease of this.#taken) lease.lastStart = now;
    if (--this.#toStart === 0) this.#taken.length = 0;
  }

  giveBack(): void {}

  ask(): void {
    if (this.#asking) return;
    this.#endUsed();
    const room = this.#size - this.#leased;
    if (room === 0) return;
    this.#asking = true;
    this.#lease(room >= 2 * this.#block ? this.#block : 1);
  }

  async #lease(weight: number): Promise<void> {
    const over = this.#over;
    this.#over = 0;
    try {
      this.#slots ??= createSlots(this.#size - this.#block, this.#clock);
      if (over > 0) await this.#slots.giveBack(over);
      await this.#slots.take(weight);
      this.#leased += weight;
      this.#open = { weight, left: weight, lastStart: 0 };
    } catch (error) {
      this.#events.failed(error as Error);
      return;
    } finally {
      this.#asking = false;
    }
    this.#events.ready();
  }

  /** The time until the oldest start is out of the window. */
  againInMs(): number | undefined {
    const oldest = this.#used[this.#first];
    if (!oldest || this.#leased < this.#size) return undefined;
    return Math.max(0, oldest.lastStart + this.#perMs - this.#clock.now());
  }

  #isOver({ lastStart }: Lease): boolean {
    return this.#clock.now() - lastStart >= this.#perMs;
  }

  #endUsed(): void {
    for (let lease = this.#used[this.#first]; lease && this.#isOver(lease); lease = this.#used[this.#first]) {
      this.#leased -= lease.weight;
      this.#over += lease.weight;
      this.#first++;
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

  close(): void {}
}
