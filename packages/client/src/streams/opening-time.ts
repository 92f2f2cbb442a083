import type { Clock } from '@holdfast/core';
import type { Timer } from '@holdfast/core/internal';

/**
 * The `totalTimeout` of a stream: it limits each opening separately, from the request to the headers, and never the
 * stream itself.
 */
export class OpeningTime {
  readonly #clock: Clock;
  readonly #expire: (limitMs: number) => void;
  #timer: Timer;
  #endsAt: number | undefined;

  constructor(clock: Clock, expire: (limitMs: number) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  start(limitMs: number | false): void {
    this.stop();
    if (limitMs === false) return;
    this.#endsAt = this.#clock.now() + limitMs;
    this.#timer = this.#clock.setTimer(() => this.#expire(limitMs), limitMs);
  }

  stop(): void {
    if (this.#endsAt === undefined) return;
    this.#endsAt = undefined;
    this.#clock.clearTimer(this.#timer);
  }

  /** The limit as the `totalTimeout` of a call that began at `startedAt`. */
  allowance(startedAt: number): number | false {
    return this.#endsAt === undefined ? false : this.#endsAt - startedAt;
  }
}
