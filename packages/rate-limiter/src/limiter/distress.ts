/** The weight of one call in the share of distress. */
const weightOfOne = 1 / 16;
/** Failures of requests sent within this time, in milliseconds, are one observation, of no more distress than this. */
const burstMs = 150;
const mostOfBurst = 0.85;
/** Below this share of distress, the next failure begins a new burst. */
const calm = 0.5;

/** The share of distress among the last calls. */
export class Distress {
  share = 0;
  /** How long failures take, on average: whether that is late is judged once it is known how long answers take. */
  failedMs = 0;
  /** When a call failed for the first time after the last answer. */
  failingSince: number | undefined;
  /** When the first failure of the present burst was sent; long ago if there is none. */
  #burstAt: number | undefined;

  /** Notes when a call has failed, and when one was answered. */
  note(isBad: boolean, now: number): void {
    this.failingSince = isBad ? (this.failingSince ?? now) : undefined;
  }

  /** Failures that began at the same moment, and their retries, are one observation, and do not start the limit. */
  feel(isBad: boolean, startedAt: number, ms: number, isRetry: boolean): void {
    const before = this.share;
    this.share += (Number(isBad) - before) * weightOfOne;
    if (this.share < calm) this.#burstAt = undefined;
    if (!isBad) return;
    this.failedMs += (ms - this.failedMs) * (this.failedMs === 0 ? 1 : weightOfOne);
    this.#burstAt ??= startedAt;
    if (!isRetry && Math.abs(startedAt - this.#burstAt) > burstMs) this.#burstAt = Number.NEGATIVE_INFINITY;
    else this.share = Math.max(before, Math.min(this.share, mostOfBurst));
  }

  forget(): void {
    this.share = 0;
    this.failingSince = undefined;
    this.#burstAt = undefined;
  }
}
