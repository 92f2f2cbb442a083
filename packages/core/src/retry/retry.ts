import { isReplayable } from '../bodies/replay.ts';
import { renewed } from '../bodies/request-body.ts';
import { putsOn } from '../credentials/where.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Strategy } from '../kernel/pipeline.ts';
import { refreshes, retriesMethod } from '../policy/find-policy.ts';
import { sendOnce, unsent } from './attempt.ts';
import { budgetKey } from './budget-key.ts';
import type { RetryRingOptions } from './ended.ts';
import { discardKept, RetryLoop, requestToSend } from './retry-loop.ts';

/**
 * Asks the policy engine after each attempt, and carries out its decision.
 *
 * Retrying is easy to get wrong: too soon (the server named a time), too often (all clients retry, and the server stays
 * down), a request that must not be sent twice, with a used-up body, past the deadline, after an abort, while the
 * failed answer still holds its connection. All of this is decided in one place, `policy/decide.ts`; this ring only
 * sends, waits, and keeps the history. It is inside the deadline, which bounds its waits, and outside every ring that a
 * second attempt must pass again. Attempt 1 is sent before p-retry is used: most calls need no loop.
 */
export function retryRing(ring: RetryRingOptions = {}): Strategy {
  return {
    name: 'retry',
    async execute(request, next, context) {
      const { body, settings } = context;
      const { spentRetries = 0 } = settings;
      const keep =
        body.kind === 'request' &&
        (body.keep === true || mayBeSentAgain(request, context) || mayBeRefreshed(request, context, ring));
      const seen = settings.hooks?.afterResponse ? renewed(request, body) : request;
      const forced = settings.hooks?.forced;
      const end = forced
        ? unsent(forced)
        : await sendOnce(requestToSend(request, keep), next, context, spentRetries, seen);
      const { outcome } = end;
      if (!end.forced && outcome.kind === 'response' && outcome.status < 400 && !judgesSuccess(context)) {
        discardKept(request, keep);
        settings.callBudget?.end('answered');
        ring.budget?.earn(budgetKey(request, outcome));
        return outcome.response;
      }
      return new RetryLoop({ next, context, ring, request: seen, body, keep, end, retries: spentRetries }).run();
    },
  };
}

/** May the request be retried: because of its method or key, or because a policy of the caller names its method? */
function mayBeSentAgain(request: Request, context: CallContext): boolean {
  return isReplayable(request, context) || retriesMethod(context.settings.levels, request.method);
}

/** May a 401 lead to a refresh, after which this request is sent again? */
function mayBeRefreshed(request: Request, { settings }: CallContext, ring: RetryRingOptions): boolean {
  const { credentials, authOrigins = [] } = ring;
  return (
    credentials?.refreshable === true && putsOn(request, credentials.header, authOrigins) && refreshes(settings.levels)
  );
}

function judgesSuccess({ settings }: CallContext): boolean {
  return settings.levels.some((level) => level.judgesSuccess);
}
