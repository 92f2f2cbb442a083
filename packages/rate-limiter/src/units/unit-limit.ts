import type { Clock } from '@holdfast/core';
import type { SharedUnits, UnitGrant } from './shared-units.ts';
import type { UnitSpec } from './unit-options.ts';
import { type Charge, UnitWindow } from './unit-window.ts';

/** One limit in a unit, as `snapshot()` shows it. */
export interface UnitSnapshot {
  readonly unit: string;
  /** What a window grants; absent as long as it has not been learned. */
  readonly amount?: number;
  /** What counts in the window now, without reservations. */
  readonly used: number;
  /** The reservations of attempts whose cost is not known yet. */
  readonly reserved: number;
}

/** A limit in any unit, of one key. What servers report of it is kept apart, by sender: see `Learning`. */
export class UnitLimit {
  readonly spec: UnitSpec;
  readonly #window: UnitWindow;
  readonly #shared: SharedUnits | undefined;
  readonly #grants = new Map<Charge, UnitGrant>();

  /** @param shared The same limit, shared with other processes. */
  constructor(spec: UnitSpec, clock: Clock, shared?: SharedUnits) {
    this.spec = spec;
    this.#window = new UnitWindow(spec.perMs, clock);
    this.#shared = shared;
  }

  /** May a request of this cost be sent now? A request that costs nothing may always be sent. */
  fits(cost: number): boolean {
    if (cost === 0) return true;
    return this.#fitsHere(cost) && (this.#shared?.has(cost) ?? true);
  }

  #fitsHere(cost: number): boolean {
    return this.#window.sum + cost <= this.spec.amount;
  }

  /** Called while the first call in the queue waits for room: if other processes share the limit, this asks for it. */
  ask(cost: number): void {
    if (this.#fitsHere(cost)) this.#shared?.ask(cost);
  }

  againInMs(cost: number): number | undefined {
    if (this.#window.sum + cost > this.spec.amount) return this.#window.roomInMs(cost, this.spec.amount);
    return this.#shared?.againInMs();
  }

  /** Reserves the cost of a request. */
  take(cost: number): Charge {
    const charge = this.#window.take(cost);
    const grant = cost > 0 ? this.#shared?.take() : undefined;
    if (grant) this.#grants.set(charge, grant);
    return charge;
  }

  /** The request of a charge is sent: its window begins. */
  sent(charge: Charge, now: number): void {
    const grant = this.#grants.get(charge);
    if (grant) this.#shared?.sent(grant, charge.amount);
    if (!charge.isOver) charge.at = now;
  }

  /** Settles the charge with the attempt's cost: 0 if it was never sent; without a number the reservation stands. */
  settle(charge: Charge, amount: number = charge.amount): void {
    const before = charge.amount;
    this.#window.settle(charge, amount);
    const grant = this.#grants.get(charge);
    this.#grants.delete(charge);
    if (amount !== before) this.#shared?.settle(grant?.id, amount);
  }

  /** No call waits any more: a grant is free for other processes. */
  noneWaits(): void {
    this.#shared?.letGo();
  }

  isIdle(): boolean {
    return this.#window.sum === 0;
  }

  /** @param amount What a window grants, as far as it is known. */
  snapshot(amount: number): UnitSnapshot {
    const { sum, reserved } = this.#window;
    return {
      unit: this.spec.unit,
      ...(amount < Number.POSITIVE_INFINITY && { amount }),
      used: sum - reserved,
      reserved,
    };
  }
}
