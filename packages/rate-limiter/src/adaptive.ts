import { classify, type Outcome } from '@holdfast/core';

/**
 * How many calls can the server take at once? Nobody knows, and it changes. So nothing is limited until there are signs
 * of distress: no answer in time, a connection that broke, 500 to 504. Then fewer may be on their way, at once; and each
 * time as many calls have ended as are allowed, a few more, or, if the signs go on, fewer again. When all who come find
 * room for a while, it lets go.
 *
 * Answers that take far longer than the fastest ones stood in a queue of the server's, and fewer calls make it shorter.
 * Failures that come faster than any answer tell of something else, which fewer calls would not mend.
 *
 * @see D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance" (1989)
 */
export interface AdaptiveOptions {
  /** Never fewer at once than this. @defaultValue 1 */
  readonly min?: number;
  /** Never more at once than this, once it has begun to limit. @defaultValue no bound */
  readonly max?: number;
}

/** What an attempt told of the server. `none`: it told nothing, such as one that its caller gave up. */
export type Sign = 'good' | 'distress' | 'none';

/** What an outcome tells of how the server feels. 429 tells of a quota, 4xx of the request, an abort of the caller. */
export function signOf(outcome: Outcome): Sign {
  // The time for the whole call is up, and the server has not answered.
  if (outcome.kind === 'error' && outcome.code === 'DEADLINE_EXCEEDED') return 'distress';
  const verdict = classify(outcome);
  if (verdict === 'success') return 'good';
  if (outcome.kind === 'response' && outcome.status < 500) return outcome.status === 429 ? 'none' : 'good';
  return verdict === 'transient' ? 'distress' : 'none';
}

/** So large a share of distress among the last calls makes it begin. */
const beginsAt = 0.5;
/** The weight of one call among the last ones. */
const weightOfOne = 1 / 20;
const decrease = 0.5;
/** What is slower than the fastest so many times stands in a queue. */
const queueing = 2;
/** What is hardly slower found room at once, and there may be much more of it. */
const quick = 1.5;
/** Nobody had to wait for so long, in milliseconds: it lets go. */
const letGoMs = 5_000;
/** A failure before the first answer counts if it took so long, in milliseconds. */
const untilKnownMs = 100;
/** The fastest answer of so long, in milliseconds, is what the server can do. */
const fastestOfMs = 30_000;

/** The limit of one key. It is told the time, and has no timer. */
export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  #limit = Number.POSITIVE_INFINITY;
  /** The share of distress among the last calls. */
  #distress = 0;
  /** Calls that started before are of the time before the last change. */
  #changedAt = 0;
  /** Since the last change. */
  #ended = 0;
  #badlyEnded = 0;
  #totalMs = 0;
  /** When somebody last found no room. */
  #fullAt = 0;
  #fastest = Number.POSITIVE_INFINITY;
  #fastestBefore = Number.POSITIVE_INFINITY;
  #fastestSince = 0;

  constructor({ min = 1, max = Number.POSITIVE_INFINITY }: AdaptiveOptions = {}) {
    this.#min = min;
    this.#max = max;
  }

  /** How many may be on their way; `Infinity` as long as there are no signs of distress. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Somebody found no room. */
  full(now: number): void {
    this.#fullAt = now;
  }

  /**
   * A call has ended.
   *
   * @param startedAt by the clock of `now`.
   * @param inFlight How many were on their way, this one included.
   */
  ended(sign: Sign, startedAt: number, inFlight: number, now: number): void {
    if (sign === 'none') return;
    const isBad = sign === 'distress';
    if (isBad && now - startedAt < (this.#fastestKnown ?? untilKnownMs)) return;
    this.#distress += (Number(isBad) - this.#distress) * weightOfOne;
    if (!isBad) this.#learnFastest(now - startedAt, now);
    if (this.#limit === Number.POSITIVE_INFINITY) {
      if (this.#distress >= beginsAt) this.#change(Math.min(inFlight, this.#max) * decrease, now);
      return;
    }
    if (startedAt < this.#changedAt) return;
    this.#ended++;
    if (isBad) this.#badlyEnded++;
    else this.#totalMs += now - startedAt;
    if (this.#badlyEnded > 0 && this.#badlyEnded >= this.#limit * 0.1) this.#change(this.#limit * decrease, now);
    else if (this.#ended >= this.#limit) this.#afterRound(now);
  }

  /** As many have ended as are allowed. */
  #afterRound(now: number): void {
    if (now - this.#fullAt >= letGoMs) {
      this.#limit = Number.POSITIVE_INFINITY;
      this.#distress = 0;
      return;
    }
    const average = this.#totalMs / Math.max(1, this.#ended - this.#badlyEnded);
    const slowness = average / (this.#fastestKnown ?? average);
    const factor = slowness > queueing ? 0.9 : slowness > quick ? 1.1 : 1.5;
    this.#change(factor < 1 ? this.#limit * factor : Math.max(this.#limit + 1, this.#limit * factor), now);
  }

  #change(limit: number, now: number): void {
    this.#limit = Math.min(this.#max, Math.max(this.#min, limit));
    this.#changedAt = now;
    this.#ended = 0;
    this.#badlyEnded = 0;
    this.#totalMs = 0;
  }

  get #fastestKnown(): number | undefined {
    const fastest = Math.min(this.#fastest, this.#fastestBefore);
    return fastest < Number.POSITIVE_INFINITY ? fastest : undefined;
  }

  #learnFastest(ms: number, now: number): void {
    if (now - this.#fastestSince >= fastestOfMs) {
      this.#fastestBefore = this.#fastest;
      this.#fastest = Number.POSITIVE_INFINITY;
      this.#fastestSince = now;
    }
    if (ms < this.#fastest) this.#fastest = ms;
  }
}
