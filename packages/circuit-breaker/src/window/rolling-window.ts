import type { Clock } from '@holdfast/core';
import { opossum } from '#opossum';
import { buckets, type OpossumWindow, openWindow } from './opossum-window.ts';
import type { Figures, WindowLimits } from './window-figures.ts';

/**
 * opossum keeps the rolling window: it counts how many of the outcomes in it were failures, and decides whether that is
 * too many.
 *
 * It gets failures that have happened already, and only those that count. The successes before a failure are written
 * into its window, since a success alone never opens a circuit. Without failures opossum is not used at all.
 */
export class RollingWindow {
  readonly #limits: WindowLimits;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #bucketMs: number;
  /** The number of the newest bucket, counted since the clock's zero. */
  #newest: number;
  /**
   * The outcomes that are not in opossum's window yet, the newest bucket first. Successes are collected here, since
   * opossum never opens at one and `fire()` costs up to 10 µs; so are failures before opossum is loaded, since it is
   * loaded at the first failure.
   */
  #unrecorded: Page[] = emptyPages();
  #isAllRecorded = true;
  #window: OpossumWindow | undefined;
  #isShutdown = false;

  constructor(limits: WindowLimits, clock: Pick<Clock, 'now'>) {
    this.#limits = limits;
    this.#clock = clock;
    this.#bucketMs = limits.windowMs / buckets;
    this.#newest = this.#bucketAt(clock.now());
  }

  /** Records an outcome of this moment; returns whether the circuit must open. */
  record(failed: boolean, now: number): boolean {
    // If the circuit was removed while an attempt was under way, opossum would reject even a success.
    if (this.#isShutdown) return false;
    this.#catchUp(now);
    if (failed) this.#window ??= opossum.loaded && openWindow(opossum.loaded, this.#limits);
    const window = this.#window;
    if (!failed || !window) {
      const [page] = this.#unrecorded as [Page];
      page[failed ? 'failures' : 'successes']++;
      this.#isAllRecorded = false;
      return false;
    }
    if (!this.#isAllRecorded) {
      window.recordEarlier(this.#unrecorded);
      this.#unrecorded = emptyPages();
      this.#isAllRecorded = true;
    }
    return window.isFullAfterFailure();
  }

  get figures(): Figures {
    this.#catchUp(this.#clock.now());
    return this.#unrecorded.reduce(sum, this.#window?.figures ?? emptyPage());
  }

  /** Empties the window. */
  clear(): void {
    this.#turn(buckets);
  }

  shutdown(): void {
    this.#isShutdown = true;
    this.#window?.shutdown();
  }

  #bucketAt(time: number): number {
    return Math.floor(time / this.#bucketMs);
  }

  #catchUp(now: number): void {
    const bucket = this.#bucketAt(now);
    if (bucket === this.#newest) return;
    this.#turn(bucket - this.#newest);
    this.#newest = bucket;
  }

  #turn(times: number): void {
    for (let due = Math.min(buckets, times); due > 0; due--) {
      this.#unrecorded.pop();
      this.#unrecorded.unshift(emptyPage());
      this.#window?.turn();
    }
  }
}

/** The outcomes of a tenth of the window. */
type Page = { -readonly [key in keyof Figures]: Figures[key] };

function emptyPage(): Page {
  return { failures: 0, successes: 0 };
}

function emptyPages(): Page[] {
  return Array.from({ length: buckets }, emptyPage);
}

function sum(one: Figures, other: Figures): Figures {
  return { failures: one.failures + other.failures, successes: one.successes + other.successes };
}
