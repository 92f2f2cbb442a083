import { Sample } from './sample.ts';

/** An answer that takes this many times as long as usual has waited in a queue. */
export const queueing = 2;
/** This long after a pause, in milliseconds, slowness is not due to the pause. */
const settledMs = 10_000;
/**
 * The usual time rises at most once in this period, in milliseconds, by a part of the difference, so that a growing
 * queue does not become the usual time.
 */
const riseMs = 1_000;
const rise = 0.02;
const fall = 0.25;

/** How long answers usually take, learned while nothing is limited. */
export class UsualTime {
  /** In milliseconds; known after ten answers. */
  ms: number | undefined;
  #sample = new Sample();
  /** How long the last answers took that were not affected by a pause. */
  #beforePauseMs = 0;
  #resumingAt = Number.NEGATIVE_INFINITY;
  #roseAt = 0;

  /**
   * Records how long an answer took.
   *
   * @returns true if answers after a pause are so slow that there must be a queue.
   */
  learn(ms: number, now: number, isResuming: boolean): boolean {
    if (isResuming) this.#resumingAt = now;
    const mean = this.#sample.add(ms);
    if (mean === undefined) return false;
    const usual = this.ms ?? mean;
    // The present requests may take longer than usual, but then they did so before the pause, too. By chance ten
    // answers may be twice as slow, but hardly four times as slow.
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

  /** Few calls are under way, so this is how long answers take. */
  know(ms: number): void {
    this.ms = ms;
  }

  /** Forgets the answers that are not in a mean yet. */
  beginAgain(): void {
    this.#sample = new Sample();
  }
}
