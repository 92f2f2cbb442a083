import { outcomeOf } from '../api-answer/outcome-of.ts';
import { isReplayable } from '../bodies/replay.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { judge } from '../policy/decide.ts';
import { remainingMs } from '../time/deadline.ts';

/**
 * Lets the call's policies judge an error status that came from no attempt, such as one from a cache, and records the
 * decision on the call.
 *
 * @returns True if it is the call's answer; false if the policies, or the user's `shouldRetry`, would retry: then an
 * attempt has to be made.
 */
export async function judgeStored(response: Response, request: Request, context: CallContext): Promise<boolean> {
  const { call, settings } = context;
  if (settings.hooks?.shouldRetry) return false;
  const outcome = await outcomeOf(response, request, context);
  const { decision, fallback } = judge(
    outcome,
    {
      method: request.method,
      url: request.url,
      attempt: 1,
      retries: 0,
      elapsedMs: call.clock.now() - call.startedAt,
      remainingMs: remainingMs(call, settings.totalTimeout),
      replayable: isReplayable(request, context),
      tokensLeft: Number.POSITIVE_INFINITY,
      random: context.random,
      refreshable: false,
      wallNow: call.clock.wallNow(),
    },
    settings.levels,
  );
  if (decision.action === 'retry' || decision.action === 'refreshCredentials') return false;
  call.decision = decision;
  call.fallback = fallback;
  return true;
}
