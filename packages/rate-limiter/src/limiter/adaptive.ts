import { Distress } from './distress.ts';
import { Earlier } from './earlier.ts';
import { Sample } from './sample.ts';
import type { Sign, Traits } from './sign.ts';
import { queueing, UsualTime } from './usual-time.ts';

/**
 * How many calls can the server take at once? That is not known, and it changes. So calls are not limited until there
 * are signs of distress: nearly all of the last calls got no answer, or a late failure (a timeout, a broken connection,
 * 500 to 504). Then two calls may be under way. Each time as many calls have ended as are allowed, the limit grows by a
 * half, or shrinks, depending on how long answers took. When no call had to wait for a while, the limit is removed.
 *
 * Common mistakes: quick failures have another cause, which fewer calls would not remove. The same is true of failures
 * while answers are as quick as ever, as when one of two servers is gone. Slow answers may have waited in a queue of the
 * server, or their requests may just take longer, so slowness alone never starts the limit. And a server that does not
 * answer must be probed from time to time, however long the last probe hangs.
 *
 * Its figures come from the simulation of overload (`npm run simulate`).
 *
 * @see D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance" (1989)
 */
export interface AdaptiveOptions {
  /** The least number of calls at once. @defaultValue 1 */
  readonly min?: number;
  /** The largest number of calls at once, once it has begun to limit. @defaultValue no bound */
  readonly max?: number;
}

/** The limit starts at this share of distress among the last calls. */
const beginsAt = 0.9;
/** How many calls may be under way when the limit starts. */
const beginsWith = 2;
const decrease = 0.5;
const increase = 1.5;
/** An answer that takes less than this times the usual time met no queue: there may be room for many more. */
const quick = 1.5;
/** Until the first sign of a queue, each such answer makes room for this many calls at once. */
const step = 0.5;
/** If answers take longer than that, the limit changes in small steps. */
const slightIncrease = 1.1;
/** If no call had to wait for this long, in milliseconds, the limit is removed. */
const letGoMs = 5_000;
/** A failure before the first answer counts if it took this long, in milliseconds. */
const untilKnownMs = 500;
/** After this time, in milliseconds, one more call may probe, whatever is under way. */
const probeMs = 1_000;
/** If no call used the server for this long, in milliseconds, older observations no longer count. */
const forgetMs = 30_000;
/** The limit of one key. It is given the time, and has no timer. */
export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  readonly #changed: () => void;
  #limit = Number.POSITIVE_INFINITY;
  #isAfterPause = false;
  readonly #distress = new Distress();
  readonly #usual = new UsualTime();
  /** The shortest average time of answers since the limit started: a server may be slow however few calls it has. */
  #lowestMs: number | undefined;
  #lowest = new Sample();
  /** True if no queue was seen only because too few calls were under way to cause one. */
  #isClimbing = false;
  /** Calls that started earlier belong to the time before the last change. */
  #changedAt = 0;
  /** How many calls have ended since then. */
  #good = 0;
  #bad = 0;
  #goodMs = 0;
  /** How long the last answers took since the limit started, on average; those before the last change, too. */
  #recentMs: number | undefined;
  /** When a call last found no room. */
  #fullAt = 0;
  #startedAt = Number.NEGATIVE_INFINITY;
  /** How many of the calls under way began before the limit, and take no place. */
  #lost = new Earlier();
  /** How many calls began before the probe: if the probe is answered, they are lost. */
  #beforeProbe = new Earlier();

  /** @param changed Called when the limit starts, and when it is removed. */
  constructor({ min = 1, max = Number.POSITIVE_INFINITY }: AdaptiveOptions = {}, changed: () => void = nothing) {
    this.#min = min;
    this.#max = max;
    this.#changed = changed;
  }

  /** How many calls may be under way; `Infinity` as long as there are no signs of distress. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Did the limit start because too many calls were sent after a pause, and not because of distress? */
  get isAfterPause(): boolean {
    return this.#isAfterPause;
  }

  /** For how long calls have failed with no answer in between, in milliseconds. */
  unansweredMs(now: number): number {
    return now - (this.#distress.failingSince ?? now);
  }

  /** How long answers take while nothing is limited, in milliseconds; known after ten of them. */
  get usualMs(): number | undefined {
    return this.#usual.ms;
  }

  /** May one more go, with this many under way? */
  admits(inFlight: number, now: number): boolean {
    if (inFlight === 0) this.#forgetOld(now);
    if (this.#hasRoom(inFlight) || this.probeInMs(now) === 0) return true;
    this.#fullAt = now;
    return false;
  }

  /** With no call under way, is there any state to keep? */
  isIdle(now: number): boolean {
    this.#forgetOld(now);
    return this.#limit === Number.POSITIVE_INFINITY;
  }

  #forgetOld(now: number): void {
    if (now - this.#startedAt >= forgetMs) this.#letGo();
  }

  #hasRoom(inFlight: number): boolean {
    return inFlight - this.#lost.count < this.limit;
  }

  /** The time until one more call may go, whatever is under way, in milliseconds. */
  probeInMs(now: number): number {
    return Math.max(0, this.#startedAt + probeMs - now);
  }

  /** @param inFlight How many calls are under way, without this one. */
  started(now: number, inFlight: number): void {
    this.#startedAt = now;
    if (!this.#hasRoom(inFlight)) this.#beforeProbe = new Earlier(inFlight, now);
  }

  /**
   * Records a call that has ended.
   *
   * @param startedAt When the call began, by the clock of `now`.
   * @param inFlight How many calls were under way, including this one: if these are no more than the limit would allow,
   * it does not start.
   */
  ended(sign: Sign, startedAt: number, now: number, inFlight: number, traits: Traits = {}): void {
    const { isResuming = false, isRetry = false, cameAt = now } = traits;
    this.#lost.ended(startedAt);
    this.#beforeProbe.ended(startedAt);
    if (sign === 'none') return;
    const ms = cameAt - startedAt;
    const isBad = sign === 'distress';
    this.#distress.note(isBad, now);
    if (isBad && !this.#isSlow(ms)) return;
    this.#distress.feel(isBad, startedAt, ms, isRetry);
    if (this.#limit < Number.POSITIVE_INFINITY) this.#count(isBad, ms, startedAt, now);
    else if (!isBad) {
      if (this.#usual.learn(ms, now, isResuming)) this.#begin(true, now);
    } else if (this.#distress.share >= beginsAt && inFlight > beginsWith) this.#begin(false, now);
  }

  #isSlow(ms: number): boolean {
    return ms >= (this.#usual.ms === undefined ? untilKnownMs : queueing * this.#usual.ms);
  }

  #begin(isAfterPause: boolean, now: number): void {
    this.#isAfterPause = isAfterPause;
    this.#fullAt = now;
    this.#recentMs = undefined;
    this.#usual.beginAgain();
    this.#change(beginsWith, now);
    this.#changed();
  }

  /** Changes the limit, which has started, by one call. */
  #count(isBad: boolean, ms: number, startedAt: number, now: number): void {
    if (!isBad && this.#beforeProbe.isBefore(startedAt)) {
      this.#lost = this.#beforeProbe;
      this.#beforeProbe = new Earlier();
    }
    // If each step took a round of calls, a server that takes seconds would be limited for minutes.
    const isQuick = !isBad && ms <= quick * (this.#usual.ms ?? 0);
    if (isQuick && this.#isClimbing) this.#limit = Math.min(this.#max, this.#limit + step);
    if (startedAt < this.#changedAt) return;
    if (isBad) this.#bad++;
    else {
      this.#good++;
      this.#goodMs += ms;
      this.#recentMs = ms + ((this.#recentMs ?? ms) - ms) * 0.75;
      if (this.#usual.ms === undefined && this.#wasInError(ms)) {
        this.#letGo();
        return;
      }
      const mean = this.#lowest.add(ms);
      if (mean !== undefined) this.#lowestMs = Math.min(mean, this.#lowestMs ?? mean);
    }
    if (isBad && this.#bad >= this.#limit * 0.1 && !this.#isQuickBesides()) {
      this.#isAfterPause = false;
      this.#change(this.#limit * decrease, now);
      return;
    }
    const isOver = this.#good + this.#bad >= this.#limit;
    if (now - this.#fullAt >= letGoMs && (isOver || this.#bad === 0)) this.#letGo();
    else if (isOver) this.#afterRound(now);
  }

  /**
   * The limit has started before it was known how long answers take: were the failures no later than the first answer,
   * for which few calls were under way?
   */
  #wasInError(answerMs: number): boolean {
    this.#usual.know(answerMs);
    return this.#distress.failedMs < queueing * answerMs;
  }

  /**
   * True if answers are as quick as ever, whatever the outcome of the other calls: then there is no queue. A round of
   * fewer than ten calls is too short to show one answer in ten; so there the answers before it count as well.
   */
  #isQuickBesides(): boolean {
    const isShort = this.#limit < 10 && this.#distress.share < beginsAt && this.#recentMs !== undefined;
    if (this.#good > 0 && this.#good >= this.#bad * 0.1) return this.#slowness(this.#goodMs / this.#good) <= quick;
    return isShort && this.#slowness(this.#recentMs as number) <= quick;
  }

  #slowness(mean: number): number {
    return mean / Math.max(this.#usual.ms ?? 0, this.#lowestMs ?? mean, 1);
  }

  /** Called when as many calls have ended as are allowed. */
  #afterRound(now: number): void {
    const slowness = this.#good > 0 ? this.#slowness(this.#goodMs / this.#good) : 1;
    if (slowness > quick) this.#isClimbing = false;
    if (slowness > queueing) this.#change(this.#limit * Math.max(decrease, (0.9 * queueing) / slowness), now);
    else this.#change(Math.max(this.#limit + 1, this.#limit * (slowness > quick ? slightIncrease : increase)), now);
  }

  #letGo(): void {
    const isNews = this.#limit < Number.POSITIVE_INFINITY;
    this.#limit = Number.POSITIVE_INFINITY;
    this.#distress.forget();
    if (isNews) this.#changed();
  }

  #change(limit: number, now: number): void {
    this.#limit = Math.min(this.#max, Math.max(this.#min, limit));
    this.#changedAt = now;
    this.#good = 0;
    this.#bad = 0;
    this.#goodMs = 0;
    // Too few calls are under way to cause a queue, so this is the usual time of an answer at present.
    if (limit > beginsWith) return;
    this.#lowestMs = undefined;
    this.#lowest = new Sample();
    this.#isClimbing = true;
  }
}

function nothing(): void {}
