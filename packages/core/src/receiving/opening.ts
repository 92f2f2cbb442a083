import type { CallContext, Handler } from '../kernel/pipeline.ts';
import { marksFailures } from '../transport/marking-failures.ts';

/** What keeps an attempt open beyond its headers, such as the wait for a stream's first event. */
export type Opening = (response: Response, context: CallContext) => Promise<Response>;

/**
 * Runs a call's own opening on each answer. It stands inside the circuit and the limiter, which hear of a stream that dies
 * before its first event as of any other failed attempt, and outside the attempt's time limit, which ends at the headers.
 */
export function opening(inside: Handler): Handler {
  return marksFailures((request, context) => {
    const { opening: open } = context.settings;
    const answer = inside(request, context);
    return open === undefined ? answer : answer.then((response) => open(response, context));
  });
}

const openedAt = new WeakMap<Response, number>();

/** Notes when the headers of an answer came that is handed on later. */
export function noteHeaders(response: Response, at: number): Response {
  openedAt.set(response, at);
  return response;
}

/** When an answer's headers came, where it was held back since: a stream that waits for its first event is not slow. */
export function headersAt(response: Response): number | undefined {
  return openedAt.get(response);
}
