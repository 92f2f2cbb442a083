import type { ManualClock } from '@holdfast/core/testing';

export const minute = 60_000;

/** A quota of any minute, wherever it begins: this is how the model counts. */
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

  /** Milliseconds until a part of it is free again. */
  get resetMs(): number {
    const first = this.#charges[0]?.at ?? this.#clock.now();
    return first + minute - this.#clock.now();
  }

  /** Gives the function that corrects the amount, or nothing where there is no room for it. */
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
