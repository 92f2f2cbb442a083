import type { Clock } from '@holdfast/core';

/** The charge of one attempt. It counts for its window, however the attempt ends. */
export interface Charge {
  amount: number;
  /** When it began to count, by the monotonic clock. */
  at: number;
  /** True while its cost is unknown. */
  isReserved: boolean;
  /** True if its window has passed, or it was given back. */
  isOver: boolean;
}

/**
 * At most this many units in any window of `perMs`, wherever it begins. A charge counts from the moment its request is
 * sent until `perMs` later. Usage above the reservation is charged, too, and later calls wait longer.
 */
export class UnitWindow {
  readonly #perMs: number;
  readonly #clock: Clock;
  /** The charges in the order in which they were made, from `#first` on. */
  #charges: Charge[] = [];
  #first = 0;
  #sum = 0;

  constructor(perMs: number, clock: Clock) {
    this.#perMs = perMs;
    this.#clock = clock;
  }

  /** The sum that counts now. */
  get sum(): number {
    this.#dropOld();
    return this.#sum;
  }

  get reserved(): number {
    this.#dropOld();
    let reserved = 0;
    for (const { isReserved, isOver, amount } of this.#charges) if (isReserved && !isOver) reserved += amount;
    return reserved;
  }

  take(amount: number): Charge {
    const charge: Charge = { amount, at: this.#clock.now(), isReserved: true, isOver: false };
    this.#charges.push(charge);
    this.#sum += amount;
    return charge;
  }

  /** Sets the cost of an attempt. After its window it does not count any more. */
  settle(charge: Charge, amount: number): void {
    this.#dropOld();
    charge.isReserved = false;
    if (charge.isOver) return;
    this.#sum += amount - charge.amount;
    charge.amount = amount;
  }

  /** The time until this much fits below `most`, in milliseconds, if nothing else happens. */
  roomInMs(amount: number, most: number): number {
    this.#dropOld();
    let missing = this.#sum + amount - most;
    let at = Number.NEGATIVE_INFINITY;
    for (let index = this.#first; missing > 0 && index < this.#charges.length; index++) {
      const charge = this.#charges[index] as Charge;
      if (charge.isOver || charge.amount === 0) continue;
      missing -= charge.amount;
      at = Math.max(at, charge.at);
    }
    return Math.max(0, at + this.#perMs - this.#clock.now());
  }

  #dropOld(): void {
    const oldest = this.#clock.now() - this.#perMs;
    for (let charge = this.#charges[this.#first]; charge && charge.at <= oldest; charge = this.#charges[this.#first]) {
      this.#sum -= charge.amount;
      charge.isOver = true;
      charge.isReserved = false;
      this.#first++;
    }
    if (this.#first < this.#charges.length && this.#first < 1000) return;
    // Fractions leave a remainder: with one, a call that costs the whole amount would never fit.
    if (this.#first === this.#charges.length) this.#sum = 0;
    this.#charges = this.#charges.slice(this.#first);
    this.#first = 0;
  }
}
