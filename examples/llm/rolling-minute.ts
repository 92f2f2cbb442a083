import type { ManualClock } from '@holdfast/core/testing';

export const minute = 60_000;

/** A quota for any minute, whenever it begins. The model counts in this way. */
export class RollingMinute {
  readonly limit: number;
  readonly #clock: ManualClock;
  readonly #charges: { readonly at: number; amount: number }[] = [];

  constructor(limit: number, clock: ManualClock) {
    this.limit = limit;
    this.#clock = clock;
  }

  get left(): number {
    return this.#charges.reduce((left, { amount }) => left - amount, this.limit);
  }

  /** Milliseconds until a part of the quota is free again. */
  get resetMs(): number {
    const first = this.#charges[0]?.at ?? this.#clock.now();
    return first + minute - this.#clock.now();
  }

  /** Takes an amount, and returns a function that corrects it; undefined if there is no room for it. */
  take(amount: number): ((actual: number) => void) | undefined {
    while (this.#charges[0] && this.#charges[0].at <= this.#clock.now() - minute) this.#charges.shift();
    if (amount > this.left) return undefined;
    const charge = { at: this.#clock.now(), amount };
    this.#charges.push(charge);
    return (actual) => {
      charge.amount = actual;
    };
  }
}
