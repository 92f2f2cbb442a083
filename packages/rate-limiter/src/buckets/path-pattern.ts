/**
 * An API counts by route, but a client sees paths. `/orders/42` and `/orders/43` are one route, `/orders` and `/search`
 * are two. So segments that are ids are replaced, and words are kept.
 */

const id = /^(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*\d)[0-9a-f]{12,}|[0-9a-f]{24,})$/i;
/** A longer segment is data; in characters. */
const longestSegment = 100;
const longestPattern = 500;

/** The path of a URL, with `:id` for each segment of digits, each UUID and each long hexadecimal number. */
export function pathPatternOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  if (start < 0) return '/';
  const [path = ''] = url.slice(start).split(/[?#]/, 1);
  return path
    .slice(0, 2 * longestPattern)
    .split('/')
    .map((segment) => (segment.length > longestSegment || id.test(segment) ? ':id' : segment))
    .join('/')
    .slice(0, longestPattern);
}
