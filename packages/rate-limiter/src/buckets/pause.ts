import type { Clock } from '@holdfast/core';

/** The server may ask for more, and then one call finds out after so long what it says by now. */
const longestPauseMs = 3_600_000;
/** After a pause, twice as many may be on their way each time that so long has passed, whether somebody waits or not. */
const stepMs = 250;
/** Where so many may, nobody has to wait. */
const enough = 10_000;

/**
 * A pause that the server asked for: until then nobody goes, and then not all at once. One may be on its way at first;
 * each answer, and each quarter of a second, makes room for more, until nobody has to wait any longer.
 *
 * It has no timer: those who wait look at it (see `againInMs`).
 */
export class Pause {
  readonly #clock: Clock;
  readonly #resumed: () => void;
  /** By the monotonic clock. */
  #until = Number.NEGATIVE_INFINITY;
  #spreadMs = 0;
  #isPaused = false;
  /** How many may be on their way. */
  #room = Number.POSITIVE_INFINITY;
  /** When there was last made room for twice as many. */
  #widenedAt = 0;

  /** @param resumed Called when a call finds that the pause is over. */
  constructor(clock: Clock, resumed: () => void) {
    this.#clock = clock;
    this.#resumed = resumed;
  }

  /**
   * @param spreadMs Those who wait are let go so much later: servers name one time for everybody.
   * @returns false where it lasts so long already.
   */
  extend(forMs: number, spreadMs: number): boolean {
    const until = this.#clock.now() + Math.min(forMs, longestPauseMs);
    if (until <= this.#until) return false;
    this.#until = until;
    this.#spreadMs = spreadMs;
    this.#isPaused = true;
    this.#room = 1;
    return true;
  }

  /** How long it still lasts. */
  get leftMs(): number {
    return this.#isPaused ? Math.max(0, this.#until - this.#clock.now()) : 0;
  }

  /** Is it over, with those who waited not all gone yet? */
  get isResuming(): boolean {
    return !this.#isPaused && this.#room < Number.POSITIVE_INFINITY;
  }

  /** May one more go, with so many on their way? */
  admits(inFlight: number): boolean {
    if (this.#isPaused) {
      if (this.leftMs > 0) return false;
      this.#isPaused = false;
      this.#widenedAt = this.#until + this.#spreadMs;
      this.#resumed();
    }
    this.#widen();
    return inFlight < this.#room;
  }

  /** In how many milliseconds those who wait may look again; `undefined` where nothing holds them back. */
  againInMs(): number | undefined {
    if (this.#isPaused) return this.leftMs + this.#spreadMs;
    if (this.#room === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, this.#widenedAt + stepMs - this.#clock.now());
  }

  /** There was an answer that asks for no pause, with so many waiting. */
  answered(waiting: number): void {
    if (!this.isResuming) return;
    if (waiting > 0) this.#room++;
    else this.#room = Number.POSITIVE_INFINITY;
  }

  #widen(): void {
    const steps = Math.floor((this.#clock.now() - this.#widenedAt) / stepMs);
    if (steps <= 0 || !this.isResuming) return;
    const room = this.#room * 2 ** steps;
    this.#room = room >= enough ? Number.POSITIVE_INFINITY : room;
    this.#widenedAt += steps * stepMs;
  }

  close(): void {
    this.#isPaused = false;
    this.#room = Number.POSITIVE_INFINITY;
  }
}
