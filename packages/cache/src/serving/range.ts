import { fieldsOf, locatedResponse, type Stored } from '../store/entry.ts';

/** One range of bytes, as a request names it: from the beginning, or a number of last bytes. */
export type ByteRange = { readonly first: number; readonly last: number } | { readonly suffix: number };

/** Reads a `Range` that asks for one range of bytes; `undefined` for anything else. @see RFC 9110 section 14.1.2 */
export function parseRange(field: string): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/i.exec(field.trim()) ?? [];
  if (first === '') return last === '' ? undefined : { suffix: Number(last) };
  const range = { first: Number(first), last: last === '' ? Number.POSITIVE_INFINITY : Number(last) };
  return range.first <= range.last ? range : undefined;
}

/**
 * A part of a stored complete response.
 *
 * @returns `undefined` if there is no such part, or if the stored bytes are not those that the range counts: a body
 * with a content coding was decoded on arrival.
 * @see RFC 9110 sections 14.2 and 15.3.7
 */
export function partOf(stored: Stored, range: ByteRange, url: string, cacheStatus: string): Response | undefined {
  const { entry, judged, shown } = stored;
  const length = entry.body.byteLength;
  const first = 'suffix' in range ? Math.max(0, length - range.suffix) : range.first;
  const end = 'suffix' in range ? length : Math.min(range.last + 1, length);
  if (entry.status !== 200 || first >= end || fieldsOf(entry.headers)['content-encoding'] !== undefined)
    return undefined;
  const headers = shown.filter(([name]) => name !== 'content-length' && name !== 'content-range');
  headers.push(
    ['content-range', `bytes ${first}-${end - 1}/${length}`],
    ['content-length', String(end - first)],
    ['age', String(Math.floor(judged.ageMs() / 1000))],
    ['cache-status', cacheStatus],
  );
  const init = { status: 206, statusText: 'Partial Content', headers };
  return locatedResponse(url, entry.body.slice(first, end), init);
}
