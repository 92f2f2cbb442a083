import type { Clock } from '@holdfast/core';
import type { Timer } from '@holdfast/core/internal';

interface Event {
  readonly at: number;
  /** Among events at the same time, the one that was set first fires first. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * Virtual time as a queue of events. Everything that happens in a simulation, in the clients and in the server, is a
 * timer of this one clock. Between two events, everything happens that needs no time. The queue never waits for real
 * time, so a minute of thousands of calls takes a second, and the same seed gives exactly the same figures.
 */
export class EventQueue implements Clock {
  #now = 0;
  #order = 0;
  /**
   * A binary heap. Cleared events stay in it, without their callbacks, until they are due or until they are the majority.
   */
  #heap: Event[] = [];
  #cleared = 0;

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const event: Event = { at: this.#now + Math.max(0, delayMs || 0), order: this.#order++, callback };
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return event;
  }

  clearTimer(timer: Timer): void {
    const event = timer as Event | undefined;
    if (!event?.callback) return;
    event.callback = undefined;
    if (++this.#cleared > 1000 && this.#cleared > this.#heap.length / 2) this.#sweep();
  }

  /** Resolves after this time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(resolve, ms));
  }

  /** Runs all events until the queue is empty. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      const step = (): void => {
        const event = this.#pop();
        if (!event) {
          resolve();
          return;
        }
        this.#now = event.at;
        const { callback } = event;
        // The event has fired: clearing it has no effect from now on.
        event.callback = undefined;
        callback?.();
        // Node calls `setImmediate` callbacks after all promises that can settle have settled.
        setImmediate(step);
      };
      setImmediate(step);
    });
  }

  #pop(): Event | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (!first || !last) return undefined;
      if (first !== last) {
        this.#heap[0] = last;
        this.#sink(0);
      }
      if (first.callback) return first;
      this.#cleared--;
    }
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swap(parent, index)) return;
      index = parent;
    }
  }

  #sink(from: number): void {
    let index = from;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      if (left >= this.#heap.length) return;
      const child = right < this.#heap.length && isBefore(this.#heap[right], this.#heap[left]) ? right : left;
      if (!this.#swap(index, child)) return;
      index = child;
    }
  }

  /** Puts two events into the right order; returns whether they were in the wrong one. */
  #swap(parent: number, child: number): boolean {
    const [upper, lower] = [this.#heap[parent], this.#heap[child]];
    if (!upper || !lower || !isBefore(lower, upper)) return false;
    this.#heap[parent] = lower;
    this.#heap[child] = upper;
    return true;
  }

  #sweep(): void {
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ callback }) => callback !== undefined).sort((one, other) => compare(one, other));
    this.#cleared = 0;
  }
}

function compare(one: Event, other: Event): number {
  return one.at - other.at || one.order - other.order;
}

function isBefore(one: Event | undefined, other: Event | undefined): boolean {
  return one !== undefined && other !== undefined && compare(one, other) < 0;
}
