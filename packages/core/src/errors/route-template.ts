import { shortened } from '../redact/redact.ts';

/**
 * A URL without what differs from request to request: `https://api.example.com/orders/42?page=2` is
 * `https://api.example.com/orders/:id`. It groups the errors of one route, and contains no personal data.
 */
export function routeTemplate(url: string): string {
  const from = pathStart(url);
  return shortened(url.slice(0, from), longestPath) + pathTemplate(url.slice(from));
}

/** Host and path of a URL; the path as a template. */
export function routeOf(url: string): { readonly host: string; readonly path: string } {
  const from = pathStart(url);
  const path = pathTemplate(url.slice(from));
  const host = shortened(url.slice(0, from).replace(/^[^/]*\/\//, ''), longestPath);
  return { host, path: path === '' ? '/' : path };
}

/** Where the path begins. The URL of a call that was refused may be relative. */
function pathStart(url: string): number {
  const authority = url.indexOf('://');
  if (authority < 0) return 0;
  const end = url.slice(authority + 3).search(/[/\\?#]/);
  return end < 0 ? url.length : authority + 3 + end;
}

const longestPath = 300;
const longestWord = 40;

function pathTemplate(text: string): string {
  const [path = ''] = text.slice(0, 2 * longestPath).split(/[?#]/, 1);
  return path.split('/').map(segmentTemplate).join('/').slice(0, longestPath);
}

/** What follows an id in one segment: a method such as `:cancel`, a kind of file such as `.json`. */
const suffix = /^(.+?)(:[a-z]{1,30}|\.[a-z]{1,8})?$/i;

function segmentTemplate(segment: string): string {
  if (segment.length > 2 * longestWord || /[@%]/.test(segment)) return ':id';
  // A key as in OData: `Orders(42)`, `Orders('ALFKI')`.
  const [, name, key] = /^([a-z_]+)\((.*)\)$/i.exec(segment) ?? [];
  if (name !== undefined) return key === '' ? segment : `${name}(:id)`;
  // Parameters of a segment stand behind a semicolon.
  const [own = ''] = segment.split(';', 1);
  const [, word = own, kind = ''] = suffix.exec(own) ?? [];
  return isId(word) ? `:id${kind}` : word + kind;
}

/** Numbers, UUIDs, hexadecimal numbers, dates, e-mail addresses, anything percent-encoded, and tokens. Words stay. */
function isId(word: string): boolean {
  if (word.length > longestWord) return true;
  const digits = word.replace(/\D+/g, '').length;
  if (digits === 0) return looksRandom(word);
  return digits > 2 || !/[a-z]/i.test(word) || looksRandom(word) || (word.length >= 8 && /^[0-9a-f-]+$/i.test(word));
}

/** A token: letters of both cases and digits alternate too often for words, as in `NffrFeUfNV2Hib`. */
function looksRandom(word: string): boolean {
  if (word.length < 12) return false;
  if (/^[0-9a-f]{24,}$/i.test(word)) return true;
  const runs = word.match(/[A-Z]+[a-z]*|[a-z]+|\d+/g) ?? [];
  return /[a-z]/.test(word) && /[A-Z]/.test(word) && runs.length > 3 && word.length / runs.length < 3;
}
