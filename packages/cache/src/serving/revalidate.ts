import type { CallContext } from '@holdfast/core';
import { discard, RecentMap } from '@holdfast/core/internal/late';
import type { InBackground } from './background.ts';
import { type Forward, type Forwarded, type ForwardParts, forward } from './forward.ts';

/** Revalidates, in the background, a stale response that was just served. */
export interface Revalidator {
  /**
   * Runs once per variant at a time; after a failure, not before a pause has passed, which doubles with each further
   * failure.
   */
  revalidate(given: Forward, inBackground: InBackground): void;
}

/** Without this, each hit would send another request to a server that fails. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** How many variants have a pause of their own; the one that failed longest ago is removed first. */
const mostPauses = 1000;

export function revalidator(parts: ForwardParts): Revalidator {
  const underWay = new Set<string>();
  const pauses = new RecentMap<string, { readonly ms: number; readonly until: number }>(mostPauses);

  const ended = (variant: string, isCurrent: boolean, { call }: CallContext): void => {
    underWay.delete(variant);
    const before = pauses.peek(variant);
    pauses.delete(variant);
    if (isCurrent) return;
    const ms = before ? Math.min(2 * before.ms, longestPauseMs) : firstPauseMs;
    pauses.set(variant, { ms, until: call.clock.now() + ms });
  };

  return {
    revalidate(given, inBackground) {
      const { context } = given;
      const { variant } = given.found;
      if (variant === undefined || underWay.has(variant)) return;
      if (context.call.clock.now() < (pauses.peek(variant)?.until ?? 0)) return;
      underWay.add(variant);
      // The request is copied now: when the call has ended, its Request must not be used any more.
      const request = new Request(given.request, { method: 'GET', signal: null });
      let isCurrent = false;
      const done = inBackground(request, context, async (own) => {
        const answer = await forward(parts, { ...given, request, context: own });
        await readWhole(answer);
        isCurrent = answer.current;
        return answer.response;
      });
      void done.finally(() => ended(variant, isCurrent, context));
    },
  };
}

/** The answer is stored when it has been read; an answer that is not stored is not read. */
async function readWhole({ response, storing }: Forwarded): Promise<void> {
  if (!storing || !response.body) return discard(response);
  const reader = response.body.getReader();
  while (!(await reader.read()).done);
}
