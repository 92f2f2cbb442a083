import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What a {@link CostError} is made from. */
export interface CostErrorInit extends ResilienceErrorInit {
  readonly unit: string;
  readonly cost: number;
  readonly amount: number;
}

/** The request costs more than its limit ever grants: it was not sent, and waiting would not help. */
export class CostError extends ResilienceError {
  static {
    define(CostError, 'CostError');
  }

  declare readonly code: 'COST_TOO_HIGH';
  /** What is counted, such as `tokens`. */
  readonly unit: string;
  /** What the request would cost. */
  readonly cost: number;
  /** What a window of the limit grants. */
  readonly amount: number;

  constructor(init: CostErrorInit) {
    super({ ...init, code: 'COST_TOO_HIGH', applied: 'no' });
    this.unit = init.unit;
    this.cost = init.cost;
    this.amount = init.amount;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), unit: this.unit, cost: this.cost, amount: this.amount };
  }
}
