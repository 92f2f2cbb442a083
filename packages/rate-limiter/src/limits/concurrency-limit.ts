import type { Clock } from '@holdfast/core';
import { createSlots } from '#slots';
import type { Limit, LimitEvents } from './limit.ts';
import type { Slots } from './slot-stock.ts';

/**
 * A limit on calls at once. A permit (a lane) serves one call after the other. The first permit needs no Bottleneck, since
 * every limit allows one call: a process that sends one call at a time never creates one. All others are Bottleneck's. They
 * are requested when they are needed: each time as many as there are, and never more than the limit.
 */
export class ConcurrencyLimit implements Limit {
  readonly countsStarts = false;
  readonly #size: number;
  readonly #clock: Clock;
  readonly #events: LimitEvents;
  /** Bottleneck's stock of all permits but the first; created when a second one is needed. */
  #slots: Slots | undefined;
  #lanes = 1;
  #free = 1;
  #asking = false;

  constructor(size: number, clock: Clock, events: LimitEvents) {
    this.#size = size;
    this.#clock = clock;
    this.#events = events;
  }

  atHand(): boolean {
    return this.#free > 0;
  }

  room(): number {
    return this.#size - this.#lanes + this.#free;
  }

  take(): void {
    this.#free--;
  }

  giveBack(): void {
    this.#free++;
  }

  ask(): void {
    if (this.#asking || this.#lanes === this.#size) return;
    this.#asking = true;
    this.#open(Math.min(this.#size - this.#lanes, this.#lanes));
  }

  async #open(lanes: number): Promise<void> {
    try {
      this.#slots ??= createSlots(this.#size - 1, this.#clock);
      await this.#slots.take(lanes);
      this.#lanes += lanes;
      this.#free += lanes;
    } catch (error) {
      this.#events.failed(error as Error);
      return;
    } finally {
      this.#asking = false;
    }
    this.#events.ready();
  }

  isIdle(): boolean {
    return this.#free === this.#lanes && !this.#asking;
  }

  close(): void {}
}
