/** Which bytes of how many an answer holds. */
export interface ContentRange {
  readonly start: number;
  /** The position of the last byte. */
  readonly end: number;
  readonly total: number;
}

/**
 * The range of a 206; `undefined` if one of the three figures is missing, or if they contradict each other.
 *
 * @see RFC 9110 section 14.4
 */
export function contentRange(headers: Headers): ContentRange | undefined {
  const match = /^\s*bytes\s+(\d+)-(\d+)\/(\d+)\s*$/i.exec(headers.get('content-range') ?? '');
  if (match === null) return undefined;
  const [start, end, total] = match.slice(1).map(Number) as [number, number, number];
  return start <= end && end < total && Number.isSafeInteger(total) ? { start, end, total } : undefined;
}
