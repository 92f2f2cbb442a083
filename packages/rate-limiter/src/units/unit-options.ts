import { checkGiven, functionOption, integer, isPath, milliseconds, OptionError } from '@holdfast/core/internal';

/** What a request costs, before it is sent. */
export type Cost = (request: Request) => number | Promise<number>;

/** What a request has cost: a path into the JSON answer, or a function of it. */
export type Usage = string | ((json: unknown, response: Response) => number);

/** A limit in any unit, such as the tokens of a language model. */
export interface UnitOptions {
  /** The unit's name in events, errors and quota headers. */
  readonly unit?: string;
  /** How many units in any window of `perMs`, wherever it begins. */
  readonly amount?: number;
  /**
   * What a request will cost, at least 0. It is reserved before the request is sent; 0 is free. It gets a copy of the
   * request, whose body it may read. A value that is not a number of at least 0 fails the call before anything is sent.
   *
   * @defaultValue 0, if `usage` reads the cost afterwards
   */
  readonly cost?: Cost;
  /**
   * Where a successful answer contains the cost of the request: a path into its JSON (`'usage.total_tokens'`), or into
   * the last JSON event of a stream, or a function of that JSON. The reservation is then settled up or down. Without
   * it, or if the answer has no cost, the reservation stands.
   */
  readonly usage?: Usage;
  /**
   * Takes the amount and the time from the server's quota headers for this unit, and spreads what is left over the time
   * left. Then `amount` and `perMs` may be left out; if they are given, the lower limit applies.
   *
   * @defaultValue false
   */
  readonly learn?: boolean;
}

/** A limit in a unit, with its defaults. */
export interface UnitSpec {
  readonly unit: string;
  /** `Infinity` if the limit is only learned. */
  readonly amount: number;
  readonly perMs: number;
  readonly cost: Cost | undefined;
  readonly usage: Usage | undefined;
  readonly learn: boolean;
  /** The path of the option, for messages. */
  readonly path: string;
}

export const ofUnit = ['unit', 'amount', 'cost', 'usage', 'learn'] as const;

/** @throws TypeError or RangeError for options that are invalid, naming path, value and remedy. */
export function unitOf(options: UnitOptions & { readonly perMs?: number }, path: string): UnitSpec | undefined {
  const { unit, amount, perMs, cost, usage, learn = false } = options;
  const given = ofUnit.find((name) => options[name] !== undefined);
  if (given === undefined) return undefined;
  if (typeof unit !== 'string' || !/^[\w .:/-]{1,100}$/.test(unit)) {
    if (unit !== undefined) throw new OptionError(`${path}.unit`, unit, "must be a short name such as 'tokens'");
    throw new TypeError(`${path}.${given} has no effect without unit; set unit, too, such as 'tokens'`);
  }
  if (typeof learn !== 'boolean') throw new OptionError(`${path}.learn`, learn, 'must be true or false');
  if (cost !== undefined) functionOption(cost, `${path}.cost`, 'of the request that gives a number');
  else if (usage === undefined) throw new TypeError(`${path}.unit has no effect without cost; set cost, or usage`);
  if (usage !== undefined && typeof usage !== 'function' && !isPath(usage)) {
    throw new OptionError(`${path}.usage`, usage, "must be a path such as 'usage.total_tokens', or a function");
  }
  if (amount === undefined && perMs === undefined && learn) {
    return { unit, amount: Number.POSITIVE_INFINITY, perMs: 0, cost, usage, learn, path };
  }
  if (amount === undefined || perMs === undefined) {
    const missing = amount === undefined ? 'amount' : 'perMs';
    throw new TypeError(`${path}.unit needs ${missing}; set it, or learn: true without amount and perMs`);
  }
  checkGiven(options, `${path}.`, { amount: integer(1), perMs: milliseconds(1) });
  return { unit, amount, perMs, cost, usage, learn, path };
}
