import type { HeaderLines } from '../server-timing/header-lines.ts';
import type { Path, Where } from './dialect.ts';
import { stepPattern } from './is-path.ts';
import { firstFound, isObject, textOf } from './members.ts';

/** One step into a JSON value. */
type Step =
  | { readonly member: string }
  | { readonly index: number }
  | { readonly every: true }
  | { readonly where: string; readonly test: '=' | '^=' | '$=' | '*='; readonly text: string };

const parsed = new Map<Path, readonly Step[]>();

/** The steps of a path, parsed once. */
function stepsOf(path: Path): readonly Step[] {
  let steps = parsed.get(path);
  if (steps === undefined) {
    steps = Array.from(path.matchAll(stepPattern), ([, quoted, every, index, where, test, text, member]): Step => {
      if (every !== undefined) return { every: true };
      if (index !== undefined) return { index: Number(index) };
      if (where !== undefined) return { where, test: test as '=', text: text ?? '' };
      return { member: quoted ?? member ?? '' };
    });
    parsed.set(path, steps);
  }
  return steps;
}

/** The value at a path of a JSON value; only own members are looked at. */
export function valueAt(data: unknown, path: Path): unknown {
  return valueAfter(data, stepsOf(path));
}

function valueAfter(data: unknown, steps: readonly Step[]): unknown {
  let value = data;
  for (const [index, step] of steps.entries()) {
    if ('every' in step) return commonValue(value, steps.slice(index + 1));
    value = follow(value, step);
  }
  return value;
}

/** The value that all entries have in common; a value that is no list is its only entry. */
function commonValue(list: unknown, rest: readonly Step[]): unknown {
  const values = (Array.isArray(list) ? list : [list]).map((entry) => valueAfter(entry, rest));
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

function follow(value: unknown, step: Exclude<Step, { every: true }>): unknown {
  if ('index' in step) return Array.isArray(value) ? value[step.index] : undefined;
  if ('member' in step) return isObject(value) && Object.hasOwn(value, step.member) ? value[step.member] : undefined;
  const list = Array.isArray(value) ? value.slice(0, 100) : [];
  return list.find((item) => {
    const text = isObject(item) && Object.hasOwn(item, step.where) ? item[step.where] : undefined;
    return typeof text === 'string' && matches(text, step.test, step.text);
  });
}

function matches(text: string, test: '=' | '^=' | '$=' | '*=', wanted: string): boolean {
  if (test === '^=') return text.startsWith(wanted);
  if (test === '$=') return text.endsWith(wanted);
  return test === '*=' ? text.includes(wanted) : text === wanted;
}

/** The value at a place of an answer: of the body, or of a header. */
export function lookUp(where: Where, data: unknown, headers: HeaderLines): unknown {
  return typeof where === 'string' ? valueAt(data, where) : (headers.get(where.header) ?? undefined);
}

/** The text at the first of these places that has one; a number counts as text. */
export function textAt(places: readonly Where[] | undefined, data: unknown, headers: HeaderLines): string | undefined {
  return firstFound(places ?? [], (where) => {
    const value = lookUp(where, data, headers);
    return typeof value === 'number' ? String(value) : textOf(value);
  });
}
