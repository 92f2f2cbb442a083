import { longestTimerMs } from '../kernel/clock.ts';
import { integerAtLeast, numberBetween, OptionError, oneOf, optionsObject } from './validate.ts';

/** Checks a value that is given; messages name it by its path. @throws TypeError or RangeError */
export interface Check {
  (value: unknown, path: string): void;
  /** It checks a value that is not given as well. */
  readonly isNeeded?: true;
}

/**
 * Checks an options object by a table: it has known names only, and each value that is given passes its check. The
 * order of the table is that of the checks, and of the names in messages.
 *
 * @param separator What stands between the path of the object and a name.
 * @throws TypeError or RangeError that names path, value and remedy.
 */
export function checkMembers(
  value: unknown,
  where: string,
  checks: Readonly<Record<string, Check>>,
  separator = '.',
): void {
  optionsObject(value, where, Object.keys(checks));
  checkGiven(value as object, where + separator, checks);
}

/** Checks each value that is given, whatever other names there are. */
export function checkGiven(options: object, prefix: string, checks: Readonly<Record<string, Check>>): void {
  for (const [name, check] of Object.entries(checks)) {
    const value: unknown = options[name as never];
    if (value !== undefined || check.isNeeded) check(value, prefix + name);
  }
}

export const anything: Check = () => undefined;

/** The same check, for a value that must be given. */
export function needed(check: Check): Check {
  return Object.assign(check.bind(undefined), { isNeeded: true as const });
}

/** An object with these members. */
export function members(checks: Readonly<Record<string, Check>>): Check {
  return (value, path) => checkMembers(value, path, checks);
}

export function listOf(check: Check): Check {
  return (list, path) => {
    if (!Array.isArray(list)) throw new OptionError(path, list, 'must be a list');
    for (const [index, one] of list.entries()) check(one, `${path}[${index}]`);
  };
}

export function must(holds: (value: unknown) => unknown, remedy: string): Check {
  return (value, path) => {
    if (!holds(value)) throw new OptionError(path, value, remedy);
  };
}

export function integer(min: number): Check {
  return (value, path) => integerAtLeast(value, min, path);
}

export function number(min: number, max: number, unit?: string): Check {
  return (value, path) => numberBetween(value, min, max, path, unit);
}

export function milliseconds(min = 0, max: number = longestTimerMs): Check {
  return number(min, max, 'milliseconds');
}

/** A limit of time, which `false` switches off. */
export function timeLimit(min: number): Check {
  return orFalse(number(min, longestTimerMs, 'milliseconds, or false for none'));
}

export function functionOf(signature: string): Check {
  return must((value) => typeof value === 'function', `must be a function ${signature}`);
}

export function either(...allowed: readonly unknown[]): Check {
  return (value, path) => oneOf(value, allowed, path);
}

export function isHeaderName(value: unknown): boolean {
  return typeof value === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(value);
}

/** The same check, for an option that `false` switches off. */
export function orFalse(check: Check): Check {
  return (value, path) => value === false || check(value, path);
}

/** @throws TypeError for an option that has no effect without another one, which is not given. */
export function needs(options: object, name: string, other: string, where: string): void {
  const given = options as Readonly<Record<string, unknown>>;
  if (given[name] === undefined || given[other] !== undefined) return;
  throw new TypeError(`${where}.${name} has no effect without ${other}; set ${other}, too`);
}
