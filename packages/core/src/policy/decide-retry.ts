import { bucketName } from '../api-answer/bucket-name.ts';
import { isIdempotent } from '../bodies/replay.ts';
import type { Decision } from '../kernel/decision.ts';
import { show } from '../options/validate.ts';
import { spreadNow, spreadServerTime } from '../server-timing/spread.ts';
import { type Backoff, saneDelay } from './backoff.ts';
import { isInProgress } from './by-answer.ts';
import { defaultWaitMs, lastWaitMs } from './default-wait.ts';
import type { Facts } from './facts.ts';
import { honours, longestServerWait } from './find-policy.ts';
import { backoffOf, type Obstacle, type RetryPolicy } from './policies.ts';
import { answer, fail, type Judgement, type Question } from './question.ts';

/**
 * Decides whether a policy's retry may go out, and when. The obstacles are in the order in which a person would want to
 * see them.
 */
export function decideRetry(question: Question, policy: RetryPolicy, rule: string): Judgement {
  const next = nextRetry(question.facts);
  const obstacle =
    forbidden(question) ??
    limitReached(policy, next) ??
    notReplayable(question, policy) ??
    tooLongAWait(question, policy);
  if (obstacle) return fail(question, obstacle, rule);
  const { delayMs, source } = waitFor(question, policy, next, rule !== 'default');
  const free = isFree(question, policy);
  const further = noTimeFor(delayMs, question.facts) ?? (free ? undefined : budgetExhausted(question.facts));
  if (further) return fail(question, further, rule);
  const order = (ms: number, more = ''): Decision =>
    answer(question, rule, 'retry', 'policy', `retry ${next} of ${policy.limit} in ${ms} ms ${source}${more}`, ms);
  if (free || question.facts.grant !== 'awaited') return { decision: order(delayMs), free };
  return {
    decision: order(delayMs, ', if the retries under way are answered: the retry budget of this origin is spent'),
    afterWaiting(end, waitedMs) {
      const waited = `${Math.round(waitedMs)} ms of waiting for other retries`;
      // The time for which the call has waited for a grant counts as backoff.
      if (end === 'granted')
        return { decision: order(Math.max(0, Math.round(delayMs - waitedMs)), `, after ${waited}`) };
      const [because, words]: Obstacle = end === 'late' ? ['deadline', 'no time is left for a retry'] : budgetIsSpent;
      return fail(question, [because, `${words}, after ${waited}`], rule);
    },
  };
}

/** A hook asked for the retry, whatever the outcome, the method and the budget; only an impossible retry is refused. */
export function decideForcedRetry(question: Question, policy: RetryPolicy): Judgement {
  const { facts } = question;
  const next = nextRetry(facts);
  const given = facts.forced?.delayMs;
  const delayMs = given === undefined ? backoffDelay(question, policy, next) : saneDelay(given);
  const obstacle = limitReached(policy, next) ?? oneShot(facts) ?? noTimeFor(delayMs, facts);
  if (obstacle) return fail(question, obstacle, 'hooks');
  const words = `retry ${next} of ${policy.limit} in ${delayMs} ms (asked for by a hook)`;
  return { decision: answer(question, 'hooks', 'retry', 'policy', words, delayMs) };
}

function nextRetry(facts: Facts): number {
  return (facts.retries ?? facts.attempt - 1) + 1;
}

function forbidden(question: Question): Obstacle | undefined {
  const { shouldRetry, retriedBelow, retriedAbove } = question.facts;
  if (shouldRetry === false) return ['policy', 'shouldRetry returned false'];
  if (retriedBelow) return ['limitReached', 'a client inside this one has retried it already'];
  if (retriedAbove) return ['limitReached', 'the SDK above this client retries the call itself'];
  return shouldRetry ? undefined : hopeless(question);
}

/** The error is about the request, or about something else that a second attempt meets again. */
export function hopeless({ outcome, verdict }: Question): Obstacle | undefined {
  if (outcome.kind === 'response' || verdict !== 'permanent') return undefined;
  return ['policy', 'a second attempt would have the same result'];
}

function limitReached({ limit }: RetryPolicy, next: number): Obstacle | undefined {
  if (next <= limit) return undefined;
  return ['limitReached', limit === 0 ? 'retries are off' : `all ${limit} retries are used up`];
}

/** The request cannot be sent again, whatever a policy orders. */
export function isBarred(question: Question, policy: RetryPolicy): boolean {
  return (limitReached(policy, nextRetry(question.facts)) ?? notReplayable(question, policy)) !== undefined;
}

/** For a request that is safe by its method or key, a body that can be sent only once is the only obstacle. */
export function oneShot({ oneShotBody, replayable, method, idempotencyKey }: Facts): Obstacle | undefined {
  const isOneShot = oneShotBody ?? (!replayable && (isIdempotent(method) || idempotencyKey !== undefined));
  return isOneShot ? ['notReplayable', 'its body is a stream that can be sent only once'] : undefined;
}

function notReplayable({ facts, applied }: Question, { methods }: RetryPolicy): Obstacle | undefined {
  const method = facts.method.toUpperCase();
  const obstacle = oneShot(facts);
  if (obstacle || methods === 'any') return obstacle;
  if (methods === 'replayable') {
    if (facts.replayable || applied === 'no') return undefined;
    return ['notReplayable', `the server may have acted on this ${method}, and it has no idempotency key`];
  }
  if (methods.includes(method)) return undefined;
  return ['notReplayable', `${method} is not among the methods to retry (${methods.join(', ')})`];
}

/** The wait that the server asked for, where the policy honours it; else 0. */
function serverWaitMs({ timing, outcome }: Question, policy: RetryPolicy): number {
  return timing && honours(policy, outcome.kind === 'response' ? outcome.status : 503) ? timing.retryAfterMs : 0;
}

/**
 * `Retry-After: 0`, or a date that is past: another attempt is welcome now. A quota's reset that is past says nothing of
 * this request, and the backoff applies.
 */
function isNow({ timing, outcome, facts }: Question, policy: RetryPolicy): boolean {
  if (timing?.retryAfterMs !== 0) return false;
  if (timing === facts.serverTiming) return honours(policy, 503);
  if (outcome.kind === 'error') return false;
  return /retry-after/i.test(timing.source) && honours(policy, outcome.status);
}

/** A wait that no timer can hold is too long under any option: the timer would fire at once. */
function tooLongAWait(question: Question, policy: RetryPolicy): Obstacle | undefined {
  const { levels, timing } = question;
  const longest = longestServerWait(levels);
  const serverMs = serverWaitMs(question, policy);
  if (serverMs <= longest) return undefined;
  const whose = bucketNamed(question, ' for ');
  return [
    'retryAfterTooLong',
    `${timing?.source} asks for ${serverMs} ms${whose}, more than the ${longest} ms allowed`,
  ];
}

function waitFor(
  question: Question,
  policy: RetryPolicy,
  next: number,
  isOrdered: boolean,
): { delayMs: number; source: string } {
  const { timing, facts } = question;
  const serverMs = serverWaitMs(question, policy);
  const isAskedNow = isNow(question, policy);
  if (timing === undefined || (serverMs === 0 && !isAskedNow)) {
    const backoffMs = backoffDelay(question, policy, next);
    const lastMs = isOrdered && next === policy.limit ? lastWaitMs(facts, next, chance(facts)) : 0;
    const delayMs = policy.backoff ? backoffMs : defaultWaitMs(facts, backoffMs, lastMs);
    return { delayMs: Math.max(0, Math.round(delayMs)), source: '(backoff)' };
  }
  const random = backoffFor(question, policy).jittered ? chance(facts) : 0;
  return {
    delayMs: isAskedNow ? spreadNow(random) : spreadServerTime(serverMs, random),
    source: `(${timing.source})${bucketNamed(question, ', ')}`,
  };
}

/**
 * The bucket that the server names, as a part of the reason: the bucket that is used up, or else that of the answer.
 *
 * @param before What stands between it and the words before it.
 */
function bucketNamed({ outcome }: Question, before: string): string {
  if (outcome.kind === 'error' || outcome.status === 503) return '';
  const usedUp = outcome.api?.quotas.find(({ bucket, remaining }) => bucket !== undefined && remaining === 0)?.bucket;
  const name = usedUp ?? bucketName(outcome.headers);
  // The name that servers with a single bucket use; it means nothing to a reader.
  return name === undefined || name === 'default' ? '' : `${before}bucket ${show(name)}`;
}

function backoffDelay(question: Question, policy: RetryPolicy, next: number): number {
  return saneDelay(backoffFor(question, policy).delayMs(next, chance(question.facts)));
}

function backoffFor({ outcome }: Question, policy: RetryPolicy): Backoff {
  if (outcome.kind === 'error') return backoffOf(policy, undefined);
  return backoffOf(policy, outcome.api?.kind === 'rateLimited' ? 429 : outcome.status);
}

/** A user's random function may return anything. */
function chance({ random }: Facts): number {
  const value = typeof random === 'function' ? random() : random;
  return value >= 0 && value <= 1 ? value : 0;
}

function noTimeFor(delayMs: number, { remainingMs }: Facts): Obstacle | undefined {
  if (delayMs < remainingMs) return undefined;
  return ['deadline', `a wait of ${delayMs} ms is more than the ${Math.max(0, Math.round(remainingMs))} ms left`];
}

const budgetIsSpent: Obstacle = ['budgetExhausted', 'the retry budget of this origin is spent'];

function budgetExhausted({ tokensLeft, grant }: Facts): Obstacle | undefined {
  return grant !== undefined || tokensLeft >= 1 ? undefined : budgetIsSpent;
}

/**
 * Retries whose pace the server sets, or that never reach a server, take nothing from the budget. A server that says
 * "now" again and again sets no pace: without this rule, a caller that makes three attempts of its own would send nine.
 */
function isFree({ outcome, applied, timing, facts }: Question, policy: RetryPolicy): boolean {
  if (outcome.kind === 'error') return applied === 'no';
  const isLimit = outcome.status === 429 || outcome.api?.kind === 'rateLimited';
  const isPaced = timing !== undefined && !(timing.retryAfterMs === 0 && facts.nowInVain);
  return (isLimit && isPaced && honours(policy, outcome.status)) || isInProgress(outcome, facts);
}
