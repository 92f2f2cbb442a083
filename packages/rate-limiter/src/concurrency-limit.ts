import type { Clock } from '@holdfast/core';
import { createSlots } from '#slots';
import type { Limit, LimitEvents } from './limit.ts';
import type { Slots } from './slots.ts';

/**
 * So many at once. One job of Bottleneck's is a block of lanes, and a lane serves one call after the other: Bottleneck
 * is asked for more when more are needed, twice as many each time, never beyond the limit.
 */
export class ConcurrencyLimit implements Limit {
  readonly #slots: Slots;
  readonly #size: number;
  readonly #events: LimitEvents;
  readonly #ends: (() => void)[] = [];
  #lanes = 0;
  #free = 0;
  #asking = false;

  constructor(size: number, clock: Clock, events: LimitEvents) {
    this.#slots = createSlots(size, clock);
    this.#size = size;
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
    const weight = Math.min(this.#size - this.#lanes, Math.max(1, this.#lanes));
    const lanes = (): Promise<void> => {
      this.#asking = false;
      this.#lanes += weight;
      this.#free += weight;
      const ended = new Promise<void>((resolve) => this.#ends.push(resolve));
      this.#events.ready();
      return ended;
    };
    this.#slots.schedule({ weight }, lanes).catch((error: Error) => {
      this.#asking = false;
      this.#events.failed(error);
    });
  }

  isIdle(): boolean {
    return this.#free === this.#lanes && !this.#asking;
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}
