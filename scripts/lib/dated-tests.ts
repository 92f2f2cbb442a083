import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What has to do with dates names one, or the class. Milliseconds since 1970 are the same everywhere. */
const date = /\bDate\b|\bGMT\b|\d{4}-\d\d-\d\d/;

/** True for a test whose text, or the text of a table that it imports, names a date: it has to pass in any time zone. */
export function namesDate(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  const tables = [...text.matchAll(/from '(\.[^']*\.(?:vectors|test-support)\.ts)'/g)].map(([, path]) =>
    join(dirname(file), String(path)),
  );
  return date.test(text) || tables.some((table) => existsSync(table) && date.test(readFileSync(table, 'utf8')));
}
