import type { CallContext } from '@holdfast/core';
import { passOutcome, type ResponseOutcome } from '@holdfast/core/internal/late';
import { readUsage } from './read-usage.ts';
import type { UnitLimit } from './unit-limit.ts';
import type { Charge } from './unit-window.ts';

/**
 * The charges of one attempt, in each unit. The reservation of an attempt that was never sent is given back; that of an
 * attempt that was sent stays until its window has passed, unless the answer says what it cost.
 */
export class Charges {
  readonly #charges: readonly { readonly limit: UnitLimit; readonly charge: Charge }[];
  readonly #now: () => number;
  /** Called when calls in the line may start. */
  readonly #changed: () => void;

  constructor(
    units: readonly UnitLimit[],
    costs: readonly number[],
    { now, changed }: { now: () => number; changed: () => void },
  ) {
    this.#charges = units.map((limit, index) => ({ limit, charge: limit.take(costs[index] ?? 0) }));
    this.#now = now;
    this.#changed = changed;
  }

  /** The request is sent: its window begins. */
  started(): void {
    for (const { limit, charge } of this.#charges) limit.sent(charge, this.#now());
  }

  /** The request was not sent at all. */
  giveBack(): void {
    for (const { limit, charge } of this.#charges) limit.settle(charge, 0);
    this.#changed();
  }

  /** Called if there is no answer. */
  failed(wasSent: boolean): void {
    if (!wasSent) this.giveBack();
    else for (const { limit, charge } of this.#charges) limit.settle(charge);
  }

  /** Called with the answer. Returns the response for the caller, whose body may say what the request cost. */
  answered(outcome: ResponseOutcome, context: CallContext): ResponseOutcome {
    const { response, status } = outcome;
    const reported = this.#charges.filter(({ limit }) => limit.spec.usage !== undefined && response.ok && status < 400);
    for (const { limit, charge } of this.#charges) {
      if (!reported.some((one) => one.charge === charge)) limit.settle(charge);
    }
    if (reported.length === 0) return outcome;
    const usages = reported.map(({ limit }) => limit.spec.usage as NonNullable<UnitLimit['spec']['usage']>);
    const reading = readUsage(response, usages);
    // Runs in the async context of this call, although another call may see the end of the body.
    reading.amounts
      .then((amounts) => {
        for (const [index, { limit, charge }] of reported.entries()) limit.settle(charge, amounts[index]);
        this.#changed();
      })
      .catch((error: unknown) => context.emit['limiter.degraded']?.(context, { message: String(error) }));
    if (reading.response === response) return outcome;
    passOutcome(outcome, reading.response);
    return { ...outcome, response: reading.response };
  }
}
