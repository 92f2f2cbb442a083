/**
 * Does the content type say that a response is a stream of server-sent events? Of several types, which a proxy may cause,
 * the last one counts.
 *
 * @see Fetch standard, "extract a MIME type"
 */
export function isEventStream({ headers }: Response): boolean {
  return /(?:^|,)\s*text\/event-stream\s*(?:;(?:[^,"]|"[^"]*")*)?$/i.test(headers.get('content-type') ?? '');
}
