import type { Clock } from '../../kernel/clock.ts';

/** How many grants are kept, and for how long, in milliseconds. */
const most = 5;
const keptMs = 10_000;

/**
 * Grants that answered retries have brought, and that no call has needed yet. Where retries help, one call that fails for
 * good proves nothing, so these are used even after a retry has failed.
 */
export class KeptGrants {
  readonly #clock: Pick<Clock, 'now'>;
  #count = 0;
  #keptAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** How many there are. */
  get count(): number {
    return this.#count > 0 && this.#clock.now() - this.#keptAt <= keptMs ? this.#count : 0;
  }

  keep(grants: number): void {
    this.#count = Math.min(most, this.count + grants);
    this.#keptAt = this.#clock.now();
  }

  take(): void {
    this.#count--;
  }
}
