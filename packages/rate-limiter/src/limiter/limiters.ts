import { given } from '@holdfast/core/internal';
import type { UnitSnapshot } from '../units/unit-limit.ts';
import { Limiter, type LimiterParts } from './limiter.ts';
import { shownLater } from './shown-key.ts';

/** One limiter in `snapshot()`: plain JSON. */
export interface LimiterSnapshot {
  readonly key: string;
  /** Permits that are held. */
  readonly running: number;
  /** Calls that wait, including those that wait for a pause of the key. */
  readonly queued: number;
  /** Wall clock, in milliseconds since 1970; absent if there is no pause. */
  readonly pausedUntil?: number;
  /**
   * A pause that does not concern all requests of the key has an entry of its own: the bucket that the server named, or
   * the method and the pattern of the path.
   */
  readonly bucket?: string;
  /** If the pause concerns one sender: its number, which is not a secret. */
  readonly sender?: string;
  /** The limits in a unit, and how much of them is used. */
  readonly units?: readonly UnitSnapshot[];
  /** How many calls may be under way at once, because the server is in distress, or slow after a pause. */
  readonly limitedTo?: number;
}

const sweepMs = 10_000;
/** How many more keys are kept if they still have state, such as starts in a window. */
const mostRemembered = 10_000;
/** While there is no room, idle limiters are looked for more often, but not for each call. */
const fullSweepMs = 100;

/**
 * The limiters of one client, by key. Idle limiters are removed, soon if there are more than `maxKeys`. If too many
 * still have state, the one that was unused for longest is removed first; a limiter with calls under way or in its line
 * always stays. Keys never share a limiter.
 */
export class Limiters {
  readonly #maxKeys: number;
  readonly #parts: LimiterParts;
  readonly #byKey = new Map<string, Limiter>();
  #sweepAt = Number.NEGATIVE_INFINITY;

  constructor(maxKeys: number, parts: LimiterParts) {
    this.#maxKeys = maxKeys;
    this.#parts = parts;
  }

  /** The limiter of a request's key. */
  get(key: string, request: Request): Limiter {
    return this.#byKey.get(key) ?? this.#create(key, request);
  }

  /** The limiter of a key, if there is one. */
  find(key: string): Limiter | undefined {
    return this.#byKey.get(key);
  }

  #create(key: string, request: Request): Limiter {
    this.#sweep();
    if (this.#byKey.size >= this.#maxKeys + mostRemembered) this.#dropOldest();
    const limiter = new Limiter(key, shownLater(key, request), this.#parts);
    this.#byKey.set(key, limiter);
    return limiter;
  }

  #isFull(): boolean {
    return this.#byKey.size >= this.#maxKeys;
  }

  #sweep(): void {
    const now = this.#parts.clock.now();
    if (now < this.#sweepAt && !(this.#isFull() && now >= this.#sweepAt - sweepMs + fullSweepMs)) return;
    this.#sweepAt = now + sweepMs;
    for (const limiter of this.#byKey.values()) if (limiter.isIdle) this.#drop(limiter);
  }

  /** All keys have the same limits, so the state of the key that was used longest ago ends first. */
  #dropOldest(): void {
    let oldest: Limiter | undefined;
    for (const limiter of this.#byKey.values()) {
      if (limiter.running + limiter.queued + limiter.entering === 0 && (!oldest || limiter.usedAt < oldest.usedAt))
        oldest = limiter;
    }
    if (oldest) this.#drop(oldest);
  }

  #drop(limiter: Limiter): void {
    limiter.close();
    this.#byKey.delete(limiter.key);
  }

  all(): readonly Limiter[] {
    return [...this.#byKey.values()];
  }

  snapshot(): readonly LimiterSnapshot[] {
    return this.all().map(({ queueLimits, running, queued, limitedTo, units, learning }) => ({
      key: queueLimits.shownKey,
      running,
      queued,
      ...(units.length > 0 && { units: units.map((unit, index) => unit.snapshot(learning.amountOf(index))) }),
      ...given({ limitedTo }),
    }));
  }

  close(): void {
    for (const limiter of this.#byKey.values()) limiter.close();
    this.#byKey.clear();
  }
}
