import type { Clock } from '@holdfast/core';
import type { Timer } from '@holdfast/core/internal';

/**
 * Limits each wait of a reader. A timer for each wait would cost a stream of small chunks as much as its parser does.
 * So one timer serves many waits; when it fires, it checks how long the present wait has lasted.
 */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #expire: () => void;
  #timer: Timer;
  #isSet = false;
  /** When the present wait began. */
  #since: number | undefined;

  constructor(clock: Clock, limitMs: number, expire: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#expire = expire;
  }

  /** A wait begins, or continues. */
  begin(): void {
    this.#since ??= this.#clock.now();
    if (!this.#isSet) this.#set(this.#limitMs);
  }

  end(): void {
    this.#since = undefined;
  }

  /** Clears the timer. */
  stop(): void {
    this.end();
    if (this.#isSet) this.#clock.clearTimer(this.#timer);
    this.#isSet = false;
  }

  #set(ms: number): void {
    this.#isSet = true;
    this.#timer = this.#clock.setTimer(() => {
      this.#isSet = false;
      if (this.#since === undefined) return;
      const leftMs = this.#since + this.#limitMs - this.#clock.now();
      if (leftMs > 0) this.#set(leftMs);
      else this.#expire();
    }, ms);
  }
}
