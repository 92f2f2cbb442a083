/** Does the content type say that a response is a stream of server-sent events? */
export function isEventStream({ headers }: Response): boolean {
  return /^\s*text\/event-stream\s*(;|$)/i.test(headers.get('content-type') ?? '');
}
