import type { KyOptions } from '@holdfast/ky';

/** Has an `init` hook changed ky's `retry` option? */
export function hasChanged(retry: KyOptions['retry'], before: KyOptions['retry']): boolean {
  if (retry === before) return false;
  const [now, then] = [fieldsOf(retry), fieldsOf(before)];
  return Object.keys({ ...now, ...then }).some((key) => !isSame(now[key], then[key]));
}

function fieldsOf(retry: KyOptions['retry']): Record<string, unknown> {
  return typeof retry === 'number' ? { limit: retry } : { ...retry };
}

/** ky copies its lists. */
function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
