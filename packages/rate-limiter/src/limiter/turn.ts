import type { CallContext, Handler } from '@holdfast/core';
import {
  type CredentialsIdentity,
  errorOutcome,
  isFromElsewhere,
  isOutcomeOfAnother,
  outcomeOf,
} from '@holdfast/core/internal';
import type { Buckets } from '../buckets/buckets.ts';
import { Passage } from '../buckets/passage.ts';
import { costsOf } from '../units/costs.ts';
import { neverSent } from '../units/never-sent.ts';
import type { Priority } from '../waiting/waiting-line.ts';
import type { Limiter } from './limiter.ts';

/** One attempt of a call, with the limits and pauses that it has to pass. */
export interface Turn {
  readonly limiter: Pick<
    Limiter,
    'key' | 'units' | 'learning' | 'queueLimits' | 'turn' | 'notNeeded' | 'started' | 'answered' | 'failed'
  >;
  readonly buckets: Buckets;
  readonly identity: CredentialsIdentity | undefined;
  readonly request: Request;
  readonly context: CallContext;
}

/**
 * Waits until no pause concerns the request and there is a permit for it. The permit is taken when this resolves.
 *
 * @param ofKey The limiter of the key, which is kept while a call is on its way through it.
 * @throws QueueRejectedError, ClientClosedError, or the caller's reason for giving up.
 */
export async function waitInTurn({ limiter, ...turn }: Turn, ofKey: Pick<Limiter, 'entering'>): Promise<Passage> {
  const { context } = turn;
  const priority = priorityOf(context);
  const { units, learning, queueLimits } = limiter;
  const passage = new Passage({ ...turn, priority, limits: queueLimits });
  ofKey.entering++;
  try {
    if (learning.isOn) await passage.learnFrom(learning);
    if (units.length > 0) passage.costs = await costsOf(units, passage.lesson, turn.request, context);
    do await passage.pass();
    while (passage.isHeldUp() || !(await limiter.turn(context, priority, passage)));
    return passage;
  } catch (error) {
    passage.leave();
    throw error;
  } finally {
    ofKey.entering--;
  }
}

/** Sends with the permit, and gives it back. */
export async function sendInTurn(turn: Turn, next: Handler, passage?: Passage): Promise<Response> {
  const { limiter, buckets, identity, request, context } = turn;
  const { learning } = limiter;
  if (passage && context.signal.aborted) {
    limiter.notNeeded(passage);
    passage.leave();
    throw context.signal.reason;
  }
  const startedAt = limiter.queueLimits.clock.now();
  const isResuming = passage?.isResuming ?? false;
  const isRetry = context.attempt > 1;
  const charges = passage?.charges;
  let response: Response;
  try {
    const answer = next(request, context);
    limiter.started();
    passage?.sent();
    response = await answer;
  } catch (error) {
    const outcome = errorOutcome(error, context.signal, context.call);
    limiter.failed(outcome, startedAt, { isResuming, isRetry, isOfAnother: isOutcomeOfAnother(outcome, request) });
    if (passage) {
      const wasSent = !neverSent(outcome, request.url);
      charges?.failed(wasSent);
      passage.failed(wasSent);
    }
    throw error;
  }
  const read = outcomeOf(response, request, context);
  const outcome = read instanceof Promise ? await read : read;
  const word = buckets.noteAnswer(limiter.key, { request, outcome, isLearning: learning.isOn }, context, identity);
  passage?.leave(true);
  const isOfAnother = isFromElsewhere(request, response);
  // If this server has redirected to another one, the quotas are those of the other.
  if (learning.isOn && !isOfAnother && word.quotas.length > 0) {
    const sender = buckets.senderOf({ request, response }, context, identity);
    learning.noteQuotas(sender, word.quotas, context.call.clock.wallNow());
  }
  const answered = charges?.answered(outcome, context) ?? outcome;
  return limiter.answered(answered, startedAt, { isResuming, isRetry, isOfAnother }, context.bodyReader);
}

/** fetch's own option, which a Request keeps, but does not show. */
function priorityOf({ init }: CallContext): Priority {
  const priority = init?.priority;
  return priority === 'high' || priority === 'low' ? priority : 'auto';
}
