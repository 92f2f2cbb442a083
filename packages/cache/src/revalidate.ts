import type { CallContext } from '@holdfast/core';
import { discard, RecentMap } from '@holdfast/core/internal/late';
import type { Background } from './background.ts';
import { type Forward, type Forwarded, type ForwardParts, forward } from './forward.ts';

/** Revalidates, in the background, a stale response that was just served. */
export interface Revalidator {
  /**
   * Runs once per variant at a time; after a failure, not before a pause has passed, which doubles with each further
   * failure.
   */
  revalidate(given: Forward): void;
}

export interface RevalidatorParts extends ForwardParts {
  /** Begins a background call, which has no caller, if no client does it. */
  readonly alone: Background;
}

/** Without this, each hit would send another request to a server that fails. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** How many variants have a pause of their own; the one that failed longest ago is removed first. */
const mostPauses = 1000;

export function revalidator(parts: RevalidatorParts): Revalidator {
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
    revalidate(given) {
      const { context } = given;
      const { variant } = given.found;
      if (variant === undefined || underWay.has(variant)) return;
      if (context.call.clock.now() < (pauses.peek(variant)?.until ?? 0)) return;
      underWay.add(variant);
      // The request is copied now: when the call has ended, its Request must not be used any more.
      const request = new Request(given.request, { method: 'GET', signal: null });
      let isCurrent = false;
      const detach = context.detach ?? parts.alone.detach;
      const done = detach(request, context, async (detached) => {
        const answer = await forward(parts, { ...given, request, context: detached });
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
