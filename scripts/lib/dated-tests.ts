import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A test about dates contains a date or the name of the class. Milliseconds since 1970 are the same in every time zone.
 */
const date = /\bDate\b|\bGMT\b|\d{4}-\d\d-\d\d/;

/** True for a test that must pass in any time zone: its text, or the text of a table that it imports, contains a date. */
export function namesDate(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  const tables = [...text.matchAll(/from '(\.[^']*\.(?:vectors|test-support)\.ts)'/g)].map(([, path]) =>
    join(dirname(file), String(path)),
  );
  return date.test(text) || tables.some((table) => existsSync(table) && date.test(readFileSync(table, 'utf8')));
}
