import { type CallContext, CostError } from '@holdfast/core';
import { aboutRequest, ignore, OptionError, within } from '@holdfast/core/internal';
import type { UnitLimit } from './unit-limit.ts';
import type { Cost } from './unit-options.ts';

/** What a server reported of what its window grants. */
interface Grant {
  readonly quota: { readonly amount: number | undefined };
}

/**
 * The cost of a request before it is sent, in each unit.
 *
 * @throws the error of `cost`, TypeError for a value that is not a number of at least 0, and CostError for more than
 * the limit grants.
 */
export async function costsOf(
  units: readonly UnitLimit[],
  learned: readonly (Grant | undefined)[],
  request: Request,
  context: CallContext,
): Promise<number[]> {
  const costs: number[] = [];
  for (const [index, { spec }] of units.entries()) {
    const { cost, unit, path } = spec;
    const given: unknown = cost === undefined ? 0 : await asked(cost, request, context);
    context.signal.throwIfAborted();
    if (typeof given !== 'number' || !(given >= 0) || given === Number.POSITIVE_INFINITY) {
      throw new OptionError(`${path}.cost()`, given, 'must return a number of at least 0');
    }
    const amount = Math.min(spec.amount, learned[index]?.quota.amount ?? Number.POSITIVE_INFINITY);
    if (given > amount) throw tooHigh(context, unit, given, amount);
    costs.push(given);
  }
  return costs;
}

/**
 * The function gets a copy, since it may read the body; a copy that it has not read is discarded. A caller who gives up
 * does not wait for the function.
 */
async function asked(cost: Cost, request: Request, { signal }: CallContext): Promise<unknown> {
  const copy = request.clone();
  try {
    return await within(Promise.resolve(cost(copy)), { signal });
  } finally {
    if (copy.body && !copy.bodyUsed && !copy.body.locked) copy.body.cancel().catch(ignore);
  }
}

function tooHigh(context: CallContext, unit: string, cost: number, amount: number): CostError {
  const { call, emit } = context;
  emit['call.rejected']?.(context, { errorCode: 'COST_TOO_HIGH' });
  const words = `costs more ${unit} than its limit ever grants: ${cost} of ${amount}; lower the cost, or raise rateLimit.amount`;
  const message = aboutRequest(call, (request) => `${request} ${words}`);
  return new CostError({ call, message, unit, cost, amount });
}
