/** What a scripted body does after its chunks. */
export type BodyEnd = 'end' | 'break' | 'stall';

export interface Body {
  readonly response: Response;
  /** The reason with which it was cancelled, if it was. */
  readonly seen: { cancelled?: unknown };
}

/** A body that gives its chunks one by one when it is read, and then ends, breaks or stalls. */
export function bodyOf(
  chunks: readonly (string | Uint8Array)[],
  end: BodyEnd = 'end',
  headers: Record<string, string> = { 'content-type': 'text/event-stream' },
): Body {
  const seen: { cancelled?: unknown } = {};
  const left = [...chunks];
  const body = new ReadableStream(
    {
      pull(controller) {
        const next = left.shift();
        if (next !== undefined) controller.enqueue(typeof next === 'string' ? new TextEncoder().encode(next) : next);
        else if (end === 'end') controller.close();
        else if (end === 'stall') return new Promise<void>(() => {});
        else controller.error(Object.assign(new TypeError('terminated'), { cause: { code: 'ECONNRESET' } }));
        return undefined;
      },
      cancel(reason) {
        seen.cancelled = reason ?? 'cancelled';
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(body, { headers }), seen };
}

/** The same, as a step of a script. */
export const events = (chunks: readonly (string | Uint8Array)[], end?: BodyEnd): Response =>
  bodyOf(chunks, end).response;
