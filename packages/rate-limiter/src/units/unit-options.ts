import { type Check, either, functionOf, integer, isPath, must } from '@holdfast/core/internal';

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

export const ofUnit: Readonly<Record<keyof UnitOptions, Check>> = {
  unit: must(
    (unit) => typeof unit === 'string' && /^[\w .:/-]{1,100}$/.test(unit),
    "must be a short name such as 'tokens'",
  ),
  amount: integer(1),
  cost: functionOf('of the request that gives a number'),
  usage: must(
    (usage) => typeof usage === 'function' || isPath(usage),
    "must be a path such as 'usage.total_tokens', or a function",
  ),
  learn: either(true, false),
};

const names = Object.keys(ofUnit) as (keyof UnitOptions)[];

/** The first option of a limit in a unit that is given. */
function firstOfUnit(options: UnitOptions): string | undefined {
  return names.find((name) => options[name] !== undefined);
}

export function isOfUnit(options: UnitOptions): boolean {
  return firstOfUnit(options) !== undefined;
}

/**
 * @param options Options whose values are checked.
 * @throws TypeError for options that have no effect without another one, naming path and remedy.
 */
export function unitOf(options: UnitOptions & { readonly perMs?: number }, path: string): UnitSpec | undefined {
  const { unit, amount, perMs, cost, usage, learn = false } = options;
  const given = firstOfUnit(options);
  if (given === undefined) return undefined;
  if (unit === undefined)
    throw new TypeError(`${path}.${given} has no effect without unit; set unit, too, such as 'tokens'`);
  if (cost === undefined && usage === undefined)
    throw new TypeError(`${path}.unit has no effect without cost; set cost, or usage`);
  const missing = amount === undefined ? 'amount' : perMs === undefined ? 'perMs' : undefined;
  const isLearned = learn && amount === undefined && perMs === undefined;
  if (missing !== undefined && !isLearned)
    throw new TypeError(`${path}.unit needs ${missing}; set it, or learn: true without amount and perMs`);
  return { unit, amount: amount ?? Number.POSITIVE_INFINITY, perMs: perMs ?? 0, cost, usage, learn, path };
}
