import type { Clock } from '@holdfast/core';
import type { ResolvedOptions } from '../options/options.ts';
import { RollingWindow } from '../window/rolling-window.ts';
import type { Figures } from '../window/window-figures.ts';
import { Evidence, type FailedAttempt } from './evidence.ts';

/** A threshold of a closed circuit: the share of failures, or of slow calls, at which it opens once they have lasted. */
export class Threshold {
  readonly #window: RollingWindow;
  /** Present if ended attempts do not count one by one. */
  readonly #evidence: Evidence | undefined;

  constructor(ratio: number, options: ResolvedOptions, clock: Clock) {
    const { minimumCalls, windowMs, countsMoments } = options;
    this.#window = new RollingWindow({ ratio, minimumCalls, windowMs }, clock);
    if (countsMoments) this.#evidence = new Evidence(options);
  }

  get figures(): Figures {
    return this.#window.figures;
  }

  /** Records an attempt that has ended; returns whether the circuit must open. */
  record(failed: boolean, attempt: FailedAttempt): boolean {
    if (failed) this.#evidence?.failed(attempt);
    else this.#evidence?.answered(attempt);
    return this.#window.record(failed, attempt.now) && (this.#evidence?.isEnough() ?? true);
  }

  clear(): void {
    this.#window.clear();
    this.#evidence?.clear();
  }

  shutdown(): void {
    this.#window.shutdown();
  }
}
