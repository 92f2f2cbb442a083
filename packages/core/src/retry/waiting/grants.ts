import type { Clock } from '../../kernel/clock.ts';
import type { Stock } from '../stock.ts';
import type { Grant, GrantingLine } from './grant.ts';
import { lostMs } from './line-figures.ts';

/** The grants of a line that calls hold. */
export class Grants {
  readonly #line: GrantingLine;
  readonly #stock: Pick<Stock, 'wasAnswered'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #out = new Set<Grant>();
  /** How many retries the last answered call took: the calls in line after a timeout may need as many. */
  retriesNeeded = 1;

  constructor(line: GrantingLine, stock: Pick<Stock, 'wasAnswered'>, clock: Pick<Clock, 'now'>) {
    this.#line = line;
    this.#stock = stock;
    this.#clock = clock;
  }

  get count(): number {
    return this.#out.size;
  }

  give(isAfterTimeout: boolean, most: number = Number.POSITIVE_INFINITY): Grant {
    // The server may still be working on the first request: a second retry would make it do the same work three times.
    const isDear = isAfterTimeout && this.#stock.wasAnswered;
    const [left, cost] = isDear ? [this.retriesNeeded, 2] : [most, 1];
    const now = this.#clock.now();
    const grant: Grant = { line: this.#line, left, cost, taken: 0, givenAt: now, usedAt: now };
    this.#out.add(grant);
    return grant;
  }

  /** Returns whether a call held the grant. */
  end(grant: Grant): boolean {
    return this.#out.delete(grant);
  }

  /** Requests may have ended without notice, and their grants with them. */
  forgetLost(): void {
    for (const grant of this.#out) if (this.#clock.now() - grant.usedAt > lostMs) this.#out.delete(grant);
  }

  /** How long ago one was last used. A retry after a timeout may be slow: it counts as used just now. */
  unusedMs(): number {
    const now = this.#clock.now();
    return Math.min(...[...this.#out].map(({ cost, usedAt }) => (cost === 1 ? now - usedAt : 0)));
  }
}
