import { redactText } from '../redact/redact.ts';

/**
 * Options are checked once, where they are given, and the message names the path, the value and the remedy: an option
 * that is silently ignored is noticed months later, in an outage.
 */

/**
 * The error for a value of the wrong type. The path comes first: `createResilientClient: policies[429].limit must be …,
 * got -1`.
 */
export class OptionError extends TypeError {
  constructor(path: string, value: unknown, remedy: string, options?: ErrorOptions) {
    super(`${path} ${remedy}, got ${show(value)}`, options);
  }
}

/** The error for a value of the right type that is out of range. */
export class OptionRangeError extends RangeError {
  constructor(path: string, value: unknown, remedy: string) {
    super(`${path} ${remedy}, got ${show(value)}`);
  }
}

export function numberBetween(
  value: unknown,
  min: number,
  max: number,
  path: string,
  unit = '',
): asserts value is number {
  const range = max >= Number.MAX_SAFE_INTEGER ? `≥ ${min}` : `from ${min} to ${max}`;
  checkNumber(value, (given) => given >= min && given <= max, path, `must be a number ${range}${unit && ` (${unit})`}`);
}

export function integerAtLeast(value: unknown, min: number, path: string): asserts value is number {
  const isInteger = (given: number): boolean => Number.isInteger(given) || given === Number.POSITIVE_INFINITY;
  checkNumber(value, (given) => isInteger(given) && given >= min, path, `must be an integer ≥ ${min}`);
}

function checkNumber(value: unknown, holds: (given: number) => boolean, path: string, remedy: string): void {
  if (typeof value !== 'number') throw new OptionError(path, value, remedy);
  if (!holds(value)) throw new OptionRangeError(path, value, remedy);
}

export function oneOf<T>(value: unknown, allowed: readonly T[], path: string): asserts value is T {
  if (!allowed.includes(value as T)) {
    throw new OptionError(path, value, `must be ${allowed.map((one) => show(one)).join(' or ')}`);
  }
}

/** Checks that an options object has known keys only; the message for an unknown key names the nearest known one. */
export function optionsObject(value: unknown, where: string, keys: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError(where, value, `takes an object with ${keys.join(', ')}`);
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    throw new TypeError(
      `${where}: unknown option ${show(key)}${near ? `; did you mean ${show(near)}?` : `; known are ${keys.join(', ')}`}`,
    );
  }
}

/**
 * The known word that a misspelt one most likely stands for, if any is near enough: up to three edits, two for words of
 * up to seven letters, one for up to four. With more edits, `counter` and `comment` would resemble `context`, and they
 * may be options of a runtime.
 */
export function nearest(word: string, known: readonly string[], mostEdits = 3): string | undefined {
  const mostFor = ({ length }: string): number => {
    const shorter = Math.min(word.length, length);
    return shorter <= 4 ? 1 : length <= 6 || Math.max(word.length, length) <= 7 ? 2 : 3;
  };
  for (let edits = 0; edits <= mostEdits; edits++) {
    const near = known.find((one) => edits <= mostFor(one) && isNear(word.toLowerCase(), one.toLowerCase(), edits));
    if (near !== undefined) return near;
  }
  return undefined;
}

/** Do at most this many edits turn one into the other? An edit adds, drops or replaces a letter, or swaps two neighbours. */
function isNear(a: string, b: string, edits: number): boolean {
  if (Math.abs(a.length - b.length) > edits) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  if (same === a.length && same === b.length) return true;
  if (edits === 0) return false;
  /** Are the rests near, when these numbers of letters are edited? */
  const rest = (ofA: number, ofB: number): boolean => isNear(a.slice(same + ofA), b.slice(same + ofB), edits - 1);
  const isSwapped = a[same] === b[same + 1] && a[same + 1] === b[same];
  return rest(1, 0) || rest(0, 1) || rest(1, 1) || (isSwapped && rest(2, 2));
}

/** A value for a message: short, without secrets, and of an object only its kind. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(redactText(value.slice(0, 500))));
  // A class may have a static member `name` of any type.
  if (typeof value === 'function') return `function ${String(value.name || '(anonymous)')}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
    if (typeof name === 'string' && name !== '' && name !== 'Object') return `a ${name}`;
    return `an object with ${shorten(Object.keys(value).join(', ')) || 'no keys'}`;
  }
  if (typeof value === 'bigint') return `${value}n`;
  return String(value);
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
