import { lacksScope } from '../api-answer/lacks-scope.ts';
import type { Action, Decision } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { show } from '../options/validate.ts';
import { decideForcedRetry, decideRetry, hopeless, isBarred, oneShot } from './decide-retry.ts';
import { defaultLevels } from './default-levels.ts';
import type { Facts } from './facts.ts';
import { findPolicy, orderedRetry } from './find-policy.ts';
import { fallbackForRejection, policyForOpenCircuit } from './open-circuit.ts';
import type { FallbackValue, Obstacle, Policy, RetryPolicy } from './policies.ts';
import { answer, fail, type Judgement, type Question, questionOf } from './question.ts';
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
export function judge(seen: Outcome, facts: Facts, levels: readonly PolicyLevel[]): Judgement {
  const question = questionOf(seen, facts, levels);
  const { outcome, verdict } = question;
  const say = (action: Action, words: string, rule: string): Judgement => ({
    decision: answer(question, rule, action, 'policy', words),
  });

  if (verdict === 'cancelled') {
    return { decision: answer(question, 'default', 'fail', 'cancelled', 'stop: the caller gave up') };
  }
  const asked = policyForOpenCircuit(levels, outcome, facts);
  if (verdict === 'rejected' && !asked) {
    const refused = fail(question, ['policy', `refused before sending${pausedBucket(outcome)}`], 'default');
    return withFallback(fallbackForRejection(levels, outcome, facts), refused);
  }
  if (outcome.kind === 'error' && outcome.code === 'DEADLINE_EXCEEDED') {
    return fail(question, ['deadline', 'the time for the whole call is up'], 'default');
  }
  const { policy, rule, refusal } = asked ?? findPolicy(levels, outcome, facts);
  if (facts.forced) return decideForcedRetry(question, retryOf(question, policy));
  if (verdict === 'success' && rule === 'default') return say('accept', 'accept', rule);

  switch (policy.kind) {
    case 'accept':
      if (outcome.kind === 'response') return say('accept', 'accept', rule);
      return fail(question, ['policy', 'there is no answer to accept'], rule);
    case 'refreshCredentials':
      return decideRefresh(question, rule);
    case 'failFast': {
      if (facts.shouldRetry) return withFallback(policy, decideRetry(question, retryOf(question), 'retry'));
      if (refusal) return fail(question, refusal, rule);
      const obstacle = hopeless(question);
      return withFallback(policy, obstacle ? fail(question, obstacle, rule) : say('fail', 'fail fast', rule));
    }
    case 'retry':
      return withFallback(policy, decideRetry(question, policy, rule));
  }
}

/** Should `shouldRetry` be asked? Not beyond the limit, and not where the request must not be sent again. */
export function mayBeRetried(seen: Outcome, facts: Facts, levels: readonly PolicyLevel[]): boolean {
  const question = questionOf(seen, facts, levels);
  return !isBarred(question, retryOf(question, findPolicy(levels, question.outcome, facts).policy));
}

/** The limiter's error names the bucket whose pause is too long for the call. */
function pausedBucket(outcome: Outcome): string {
  if (outcome.kind === 'response') return '';
  const bucket = (outcome.error as { bucket?: unknown } | null | undefined)?.bucket;
  return typeof bucket === 'string' ? `, for the pause of bucket ${show(bucket)}` : '';
}

/** The policy for a retry that the caller's own code asks for, whatever the policy of the outcome is. */
function retryOf({ levels, outcome }: Question, policy?: Policy): RetryPolicy {
  if (policy?.kind === 'retry') return policy;
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
  if (outcome.kind === 'response' && lacksScope(outcome.headers)) {
    const words = 'the credentials are good but lack a scope, which no refresh gives';
    return fail(question, ['insufficientScope', words], rule);
  }
  if (facts.refreshable === false) {
    if (facts.shouldRetry) return decideRetry(question, retryOf(question), 'retry');
    if (rule === 'default' && outcome.kind === 'response' && outcome.api?.retry === 'yes')
      return decideRetry(question, retryOf(question), rule);
    return fail(question, ['noCredentials', 'no credentials that can be refreshed'], rule);
  }
  const obstacle: Obstacle | undefined = facts.refreshed
    ? ['alreadyRefreshed', 'refused again after a refresh']
    : oneShot(facts);
  if (obstacle) return { ...fail(question, obstacle, rule), refused: true };
  const words = 'refresh the credentials, then send it again';
  return { decision: answer(question, rule, 'refreshCredentials', 'policy', words) };
}
