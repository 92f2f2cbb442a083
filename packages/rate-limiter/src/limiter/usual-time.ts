import { Sample } from './sample.ts';

/** An answer that takes this many times as long as usual waited in a queue. */
export const queueing = 2;
/** This long after a pause, in milliseconds, slowness is not due to the pause. */
const settledMs = 10_000;
/**
 * The usual time rises at most once in this period, in milliseconds, by a part of the difference: a growing queue is
 * not usual.
 */
const riseMs = 1_000;
const rise = 0.02;
const fall = 0.25;

/** How long answers usually take, learned while nothing is limited. */
export class UsualTime {
  /** In milliseconds; known after ten answers. */
  ms: number | undefined;
  #sample = new Sample();
  /** How long the last ones took while there was no pause, nor had been. */
  #beforePauseMs = 0;
  #resumingAt = Number.NEGATIVE_INFINITY;
  #roseAt = 0;

  /**
   * An answer took this long.
   *
   * @returns true where answers after a pause are so slow that a queue must have built up.
   */
  learn(ms: number, now: number, isResuming: boolean): boolean {
    if (isResuming) this.#resumingAt = now;
    const mean = this.#sample.add(ms);
    if (mean === undefined) return false;
    const usual = this.ms ?? mean;
    // What is asked for may take longer today than it did usually, and then it did so before the pause, too. By chance ten
    // may be twice as slow, but hardly four times as slow.
    const wasSlow = this.#beforePauseMs >= 2 * queueing * usual;
    const isQueue = isResuming && mean >= queueing * (wasSlow ? this.#beforePauseMs : usual);
    if (!isQueue) this.#follow(mean, usual, now);
    if (now - this.#resumingAt >= settledMs) this.#beforePauseMs = mean;
    return isQueue;
  }

  #follow(mean: number, usual: number, now: number): void {
    if (mean <= usual) this.ms = usual + fall * (mean - usual);
    else if (now - this.#roseAt >= riseMs) {
      this.#roseAt = now;
      this.ms = usual + rise * (mean - usual);
    }
  }

  /** Forgets the answers of which no mean was made yet. */
  beginAgain(): void {
    this.#sample = new Sample();
  }
}
