import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { marksFailures } from '../transport/marking-failures.ts';

declare module '../kernel/call-context.js' {
  interface CallContext {
    /** Called when the headers of a stream have arrived, whose attempt lasts until its first event. */
    readonly headersCame?: () => void;
  }
}

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /** Keeps an attempt open beyond its headers. It then applies `totalTimeout` itself. */
    readonly opening?: Opening;
  }
}

/** What keeps an attempt open beyond its headers, such as the wait for a stream's first event. */
export type Opening = (response: Response, context: CallContext) => Promise<Response>;

/**
 * Runs a call's own opening on each answer. It is inside the circuit and the limiter, which see a stream that dies
 * before its first event as a failed attempt, and outside the attempt's time limit, which ends at the headers.
 */
export function opening(inside: Handler): Handler {
  return marksFailures((request, context) => {
    const { opening: open } = context.settings;
    const answer = inside(request, context);
    return open === undefined ? answer : answer.then((response) => open(response, context));
  });
}
