/**
 * Have the failures lasted? Fifty calls that fail at the same moment are one observation, not fifty: a burst through a
 * short interruption must not open a circuit. So attempts that were under way together count as one moment, and a circuit
 * opens when there were several moments of failure, over some seconds.
 *
 * A retry belongs to the moment of its call's first attempt: it begins none of its own, and does not prolong the failures.
 * Otherwise a few calls with five retries each would count as an outage.
 */
export class Evidence {
  readonly #windowMs: number;
  readonly #spanMs: number;
  /** Two moments with this many failures each are enough, too. */
  readonly #many: number;
  #moments: Moment[] = [];
  /** When the newest failure of a first attempt was known. */
  #lastAt = 0;
  /** The moving share of the retries that were answered. */
  #helped = 1;

  constructor({ windowMs, minimumCalls }: { readonly windowMs: number; readonly minimumCalls: number }) {
    this.#windowMs = windowMs;
    this.#spanMs = Math.min(spanMs, windowMs / 2);
    this.#many = minimumCalls / 2;
  }

  /** An attempt has failed. */
  failed({ startedAt, now, isRetry }: FailedAttempt): void {
    this.#moments = this.#moments.filter(({ knownAt }) => now - knownAt <= this.#windowMs);
    if (isRetry) {
      this.#helped -= this.#helped * weightOfOne;
      return;
    }
    this.#lastAt = now;
    const last = this.#moments.at(-1);
    if (last && startedAt <= last.knownAt) {
      last.failures++;
      return;
    }
    this.#moments.push({ knownAt: now, failures: 1 });
    // The first moment says how long the failures have lasted, and new failures are added to the newest ones.
    if (this.#moments.length > mostMoments) this.#moments.splice(1, 1);
  }

  /** An attempt was answered. Where retries help, the failures have not lasted. */
  answered({ isRetry }: Pick<FailedAttempt, 'isRetry'>): void {
    if (!isRetry) return;
    this.#helped += (1 - this.#helped) * weightOfOne;
    if (this.#helped >= helps) this.#moments = [];
  }

  /** Have the failures lasted long enough to open a circuit? */
  isEnough(): boolean {
    const [first] = this.#moments;
    if (!first || this.#lastAt - first.knownAt < this.#spanMs) return false;
    const isTwice = this.#moments.filter(({ failures }) => failures >= this.#many).length >= 2;
    return isTwice || this.#moments.length >= fewestMoments;
  }

  clear(): void {
    this.#moments = [];
    this.#helped = 1;
  }
}

/** An attempt that has failed, by the monotonic clock. */
export interface FailedAttempt {
  readonly startedAt: number;
  readonly now: number;
  readonly isRetry: boolean;
}

interface Moment {
  /** When its first failure was known: attempts that began before that were under way together with it. */
  readonly knownAt: number;
  failures: number;
}

/** Failures count as lasting after this many milliseconds, or after half of the window if that is shorter. */
const spanMs = 5_000;
const fewestMoments = 3;
const mostMoments = 60;
/** The weight of one retry in the share of those that were answered, and the share from which on retries help. */
const weightOfOne = 1 / 16;
const helps = 0.2;
