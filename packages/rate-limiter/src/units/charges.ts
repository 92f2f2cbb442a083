import { type CallContext, isResilienceError, type Outcome } from '@holdfast/core';
import { type ApiQuota, classify, networkFailure, passOutcome } from '@holdfast/core/internal';
import type { Heard } from '../answers/may-tell.ts';
import { readUsage } from './read-usage.ts';
import type { UnitLimit } from './unit-limit.ts';
import type { Charge } from './unit-window.ts';

/**
 * What one attempt was charged, in each unit. The reservation of an attempt that was never sent is given back; that of
 * a sent one stands until its window has passed, unless the answer says what it cost.
 */
export class Charges {
  readonly #charges: readonly { readonly limit: UnitLimit; readonly charge: Charge }[];
  readonly #now: () => number;
  /** Calls in the line may go. */
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

  /** The request is on its way: its window begins. */
  started(): void {
    for (const { charge } of this.#charges) if (!charge.isOver) charge.at = this.#now();
  }

  /** It was not sent at all. */
  giveBack(): void {
    for (const { limit, charge } of this.#charges) limit.settle(charge, 0);
    this.#changed();
  }

  /** There is no answer. */
  failed(outcome: Outcome, url: string): void {
    if (neverSent(outcome, url)) this.giveBack();
    else for (const { limit, charge } of this.#charges) limit.settle(charge);
  }

  /** True if a limit takes its amount from the server's quotas. */
  get isLearning(): boolean {
    return this.#charges.some(({ limit }) => limit.spec.learn);
  }

  /** There is an answer. Returns it as the caller gets it: its body may say what it cost. */
  answered(heard: Heard, context: CallContext, quotas: readonly ApiQuota[]): Heard {
    const { response, status } = heard;
    if (this.isLearning) this.#learn(quotas, context);
    const told = this.#charges.filter(({ limit }) => limit.spec.usage !== undefined && response.ok && status < 400);
    for (const { limit, charge } of this.#charges) {
      if (!told.some((one) => one.charge === charge)) limit.settle(charge);
    }
    if (told.length === 0) return heard;
    const usages = told.map(({ limit }) => limit.spec.usage as NonNullable<UnitLimit['spec']['usage']>);
    const reading = readUsage(response, usages);
    // In the context of this call, although another one may see the end of the body.
    reading.amounts
      .then((amounts) => {
        for (const [index, { limit, charge }] of told.entries()) limit.settle(charge, amounts[index]);
        this.#changed();
      })
      .catch((error: unknown) => context.emit['limiter.degraded']?.(context, { message: String(error) }));
    if (reading.response === response) return heard;
    passOutcome(heard, reading.response);
    return { ...heard, response: reading.response };
  }

  #learn(quotas: readonly ApiQuota[], context: CallContext): void {
    const wallNow = context.call.clock.wallNow();
    for (const { limit } of this.#charges) limit.hear(quotas, wallNow);
    this.#changed();
  }
}

function neverSent(outcome: Outcome, url: string): boolean {
  if (outcome.kind === 'response') return false;
  // A ring further inside has refused it, such as an open circuit; an error of the user's own code says nothing.
  if (isResilienceError(outcome.error) && classify(outcome) === 'rejected') return true;
  return outcome.code !== 'ABORTED' && networkFailure(outcome.error, url).neverSent;
}
