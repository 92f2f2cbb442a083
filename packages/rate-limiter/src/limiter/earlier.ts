/** Counts the calls under way that began before a moment. */
export class Earlier {
  count: number;
  readonly #at: number;

  constructor(count = 0, at: number = Number.NEGATIVE_INFINITY) {
    this.count = count;
    this.#at = at;
  }

  isBefore(startedAt: number): boolean {
    return this.count > 0 && startedAt >= this.#at;
  }

  ended(startedAt: number): void {
    if (this.count > 0 && startedAt < this.#at) this.count--;
  }
}
