import type { CallContext } from '@holdfast/core';
import { createCall, within } from '@holdfast/core/internal';

/**
 * Makes a background call, which has no caller, such as one that revalidates a stale answer. It has the settings of the
 * call whose context is given. Resolves when it has ended, with whatever outcome.
 */
export type InBackground = (
  request: Request,
  context: CallContext,
  work: (context: CallContext) => Promise<Response>,
) => Promise<void>;

/** Makes the background calls of a cache without a client. */
export interface Background {
  readonly run: InBackground;
  /** Ends the calls that are under way. */
  close(): void;
}

/** Background calls of a pipeline that is used alone: they may take as long as the call that caused them. */
export function background(): Background {
  const underWay = new Set<AbortController>();
  return {
    async run(request, context, work) {
      const controller = new AbortController();
      const { clock } = context.call;
      const { totalTimeout } = context.settings;
      const late = (): void => controller.abort(new Error('took longer than its totalTimeout'));
      underWay.add(controller);
      try {
        const call = createCall(request.method, request.url, clock);
        const done = work({ ...context, call, attempt: 1, signal: controller.signal });
        await within(done, { clock, ms: totalTimeout === false ? Number.POSITIVE_INFINITY : totalTimeout, late });
      } catch {
        // A failure here changes nothing: the next call that gets a stale answer tries again.
      } finally {
        underWay.delete(controller);
      }
    },
    close() {
      for (const controller of underWay) controller.abort(new Error('the cache was closed'));
    },
  };
}
