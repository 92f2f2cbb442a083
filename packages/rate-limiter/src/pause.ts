import type { Clock, Timer } from '@holdfast/core';

/** The server may ask for more, and then one call finds out after so long what it says by now. */
const longestPauseMs = 3_600_000;
/** After a pause, twice as many may be on their way each time that so long has passed, whether somebody waits or not. */
const stepMs = 250;
/** Where so many may, nobody has to wait. */
const enough = 10_000;

/** What it tells of itself. */
export interface PauseEvents {
  resumed(): void;
  /** Those who wait may ask again. */
  mayGo(): void;
}

/**
 * A pause that the server asked for: until then nobody goes, and then not all at once. One may be on its way at first;
 * each answer, and each quarter of a second, makes room for more, until nobody has to wait any longer.
 */
export class Pause {
  readonly #clock: Clock;
  readonly #events: PauseEvents;
  /** By the monotonic clock. */
  #until = Number.NEGATIVE_INFINITY;
  #spreadMs = 0;
  #isPaused = false;
  /** How many may be on their way. */
  #room = Number.POSITIVE_INFINITY;
  #timer: Timer;
  #somebodyWaits = false;

  constructor(clock: Clock, events: PauseEvents) {
    this.#clock = clock;
    this.#events = events;
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
    this.#arm();
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
      const overMs = this.#clock.now() - this.#until - this.#spreadMs;
      this.#widenTo(2 ** Math.max(0, Math.floor(overMs / stepMs)));
      this.#events.resumed();
    }
    return inFlight < this.#room;
  }

  /** There was an answer that asks for no pause, with so many waiting. */
  answered(waiting: number): void {
    if (this.#room === Number.POSITIVE_INFINITY || this.#isPaused) return;
    if (waiting > 0) this.#room++;
    else this.#open();
  }

  /** While somebody waits, there is a timer; a pause that nobody waits for needs none. */
  waiting(somebody: boolean): void {
    if (somebody === this.#somebodyWaits) return;
    this.#somebodyWaits = somebody;
    this.#arm();
  }

  #arm(): void {
    this.#clock.clearTimer(this.#timer);
    if (!this.#somebodyWaits || this.#room === Number.POSITIVE_INFINITY) return;
    const ms = this.#isPaused ? this.leftMs + this.#spreadMs : stepMs;
    this.#timer = this.#clock.setTimer(() => this.#onTimer(), ms);
  }

  #onTimer(): void {
    // It may be a little early.
    if (this.leftMs === 0) {
      if (!this.#isPaused) this.#widenTo(this.#room * 2);
      this.#events.mayGo();
    }
    this.#arm();
  }

  #widenTo(room: number): void {
    if (room >= enough) this.#open();
    else this.#room = room;
  }

  #open(): void {
    this.#room = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  close(): void {
    this.#isPaused = false;
    this.#open();
  }
}
