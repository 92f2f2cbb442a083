import { lacksScope } from '../api-answer/lacks-scope.ts';
import type { Action, Because, Decision } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { show } from '../options/validate.ts';
import { decideForcedRetry, decideRetry, isBarred, isOneShot, oneShotWords } from './decide-retry.ts';
import { defaultLevels } from './default-levels.ts';
import type { Facts } from './facts.ts';
import { findPolicy, orderedRetry } from './find-policy.ts';
import { fallbackForRejection, policyForOpenCircuit } from './open-circuit.ts';
import type { FallbackValue, RetryPolicy } from './policies.ts';
import { answer, type Judgement, type Question, questionOf } from './question.ts';
import type { PolicyLevel } from './table.ts';

/**
 * The policy engine: what to do about an outcome, and why. It is pure. It reads no clock, draws no random number and
 * sends nothing, so that `explain()`, tests and the pipeline can't disagree.
 *
 * @param levels The levels whose policies count, in the order in which they are tried. Default: the levels without any
 * user setting.
 * @throws TypeError if a user's policy function returns no policy; and any error that such a function throws.
 */
export function decide(outcome: Outcome, facts: Facts, levels: readonly PolicyLevel[] = defaultLevels): Decision {
  return judge(outcome, facts, levels).decision;
}

/** As {@link decide}, for the retry ring. */
export function judge(given: Outcome, facts: Facts, levels: readonly PolicyLevel[]): Judgement {
  const question = questionOf(given, facts, levels);
  const { outcome, verdict } = question;
  const say = (action: Action, because: Because, words: string, rule = 'default'): Judgement => ({
    decision: answer(question, rule, action, because, words),
  });

  if (verdict === 'cancelled') return say('fail', 'cancelled', 'stop: the caller gave up');
  const asked = policyForOpenCircuit(levels, outcome, facts);
  if (verdict === 'rejected' && !asked) {
    const refused = say('fail', 'policy', `fail: refused before sending${pausedBucket(outcome)}`);
    return withFallback(fallbackForRejection(levels, outcome, facts), refused);
  }
  if (outcome.kind === 'error' && outcome.code === 'DEADLINE_EXCEEDED') {
    return say('fail', 'deadline', 'fail: the time for the whole call is up');
  }
  const { policy, rule, refusal } = asked ?? findPolicy(levels, outcome, facts);
  if (facts.forced) return decideForcedRetry(question, policy.kind === 'retry' ? policy : orderedBy(question));
  if (verdict === 'success' && rule === 'default') return say('accept', 'policy', 'accept');

  switch (policy.kind) {
    case 'accept':
      if (outcome.kind === 'response') return say('accept', 'policy', 'accept', rule);
      return say('fail', 'policy', 'fail: there is no answer to accept', rule);
    case 'refreshCredentials':
      return decideRefresh(question, rule);
    case 'failFast':
      if (facts.shouldRetry === true) return withFallback(policy, decideRetry(question, orderedBy(question), 'retry'));
      if (refusal !== undefined) return say('fail', refusal.because, `fail: ${refusal.words}`, rule);
      return withFallback(policy, say('fail', 'policy', failWords(question), rule));
    case 'retry':
      return withFallback(policy, decideRetry(question, policy, rule));
  }
}

/** Should `shouldRetry` be asked? Not beyond the limit, and not where the request must not be sent again. */
export function mayBeRetried(outcome: Outcome, facts: Facts, levels: readonly PolicyLevel[]): boolean {
  const question = questionOf(outcome, facts, levels);
  const { policy } = findPolicy(levels, question.outcome, facts);
  return !isBarred(question, policy.kind === 'retry' ? policy : orderedBy(question));
}

/** The limiter's error names the bucket whose pause is too long for the call. */
function pausedBucket(outcome: Outcome): string {
  const bucket = outcome.kind === 'error' ? (outcome.error as { bucket?: unknown } | undefined)?.bucket : undefined;
  return typeof bucket === 'string' ? `, for the pause of bucket ${show(bucket)}` : '';
}

function orderedBy({ levels, outcome }: Question): RetryPolicy {
  return orderedRetry(levels, outcome.kind === 'response' ? outcome.status : undefined);
}

function withFallback({ fallback }: { readonly fallback?: FallbackValue }, judgement: Judgement): Judgement {
  const { decision, afterWaiting } = judgement;
  if (fallback === undefined) return judgement;
  if (afterWaiting) return { ...judgement, afterWaiting: (...end) => withFallback({ fallback }, afterWaiting(...end)) };
  if (decision.action !== 'fail') return judgement;
  const reason = `${decision.reason}; use the fallback`;
  return { decision: Object.freeze({ ...decision, action: 'fallback', reason }), fallback };
}

function decideRefresh(question: Question, rule: string): Judgement {
  const { outcome, facts } = question;
  const say = (action: Action, because: Because, words: string): Judgement => ({
    decision: answer(question, rule, action, because, words),
  });
  if (outcome.kind === 'response' && lacksScope(outcome.headers)) {
    return say('fail', 'insufficientScope', 'fail: the credentials are good but lack a scope, which no refresh gives');
  }
  if (facts.refreshable === false) {
    if (facts.shouldRetry === true) return decideRetry(question, orderedBy(question), 'retry');
    if (rule === 'default' && outcome.kind === 'response' && outcome.api?.retry === 'yes')
      return decideRetry(question, orderedBy(question), rule);
    return say('fail', 'noCredentials', 'fail: no credentials that can be refreshed');
  }
  if (facts.refreshed) {
    return { ...say('fail', 'alreadyRefreshed', 'fail: refused again after a refresh'), refused: true };
  }
  if (isOneShot(facts)) return { ...say('fail', 'notReplayable', `fail: ${oneShotWords}`), refused: true };
  return say('refreshCredentials', 'policy', 'refresh the credentials, then send it again');
}

function failWords({ outcome, verdict }: Question): string {
  return outcome.kind === 'error' && verdict === 'permanent'
    ? 'fail: a second attempt would have the same result'
    : 'fail fast';
}
