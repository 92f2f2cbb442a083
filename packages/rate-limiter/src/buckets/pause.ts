import type { Clock } from '@holdfast/core';

/** The longest pause, in milliseconds; if the server asks for more, one call probes after this time. */
const longestPauseMs = 3_600_000;
/**
 * After a pause, the number of calls that may be under way doubles in each period of this length, in milliseconds,
 * whether a call waits or not.
 */
const stepMs = 250;
/** If this many may be under way, no call has to wait. */
const enough = 10_000;

/**
 * A pause that the server asked for: until its end no call goes, and after it not all at once. At first one call may be
 * under way; each answer, and each quarter of a second, makes room for more, until no call has to wait any longer.
 *
 * It has no timer: the waiting calls poll it (see `againInMs`).
 */
export class Pause {
  readonly #clock: Clock;
  readonly #resumed: () => void;
  /** By the monotonic clock. */
  #until = Number.NEGATIVE_INFINITY;
  #spreadMs = 0;
  #isPaused = false;
  /** How many calls may be under way. */
  #room = Number.POSITIVE_INFINITY;
  /** When this number was last doubled. */
  #widenedAt = 0;

  /** @param resumed Called when a call finds that the pause is over. */
  constructor(clock: Clock, resumed: () => void) {
    this.#clock = clock;
    this.#resumed = resumed;
  }

  /**
   * @param spreadMs How much later the waiting calls are released: a server names the same time to all its clients.
   * @returns false if a longer pause is set already.
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

  /** The rest of the pause, in milliseconds. */
  get leftMs(): number {
    return this.#isPaused ? Math.max(0, this.#until - this.#clock.now()) : 0;
  }

  /** Is the pause over, while some of the calls that waited have not gone yet? */
  get isResuming(): boolean {
    return !this.#isPaused && this.#room < Number.POSITIVE_INFINITY;
  }

  /** May one more call go, with this many under way? */
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

  /** In how many milliseconds the waiting calls may check again; `undefined` if nothing holds them back. */
  againInMs(): number | undefined {
    if (this.#isPaused) return this.leftMs + this.#spreadMs;
    if (this.#room === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, this.#widenedAt + stepMs - this.#clock.now());
  }

  /** Records an answer that asks for no pause, while this many calls wait. */
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
