import { appliedBy, classify } from '../classify.ts';
import { parseChallenges } from '../credentials/www-authenticate.ts';
import { networkFailure } from '../network.ts';
import type { Outcome } from '../outcome.ts';
import { parseServerTiming, type ServerTiming } from '../server-timing/server-timing.ts';
import type { Action, Applied, Because, Decision } from './decision.ts';
import type { Facts } from './facts.ts';
import { backoffOf, type FallbackValue, type RetryPolicy } from './policies.ts';
import { isIdempotent } from './replay.ts';
import { defaultLevels, findPolicy, type PolicyLevel } from './table.ts';

/**
 * The policy engine: what to do about an outcome, and why. It is pure. It reads no clock, draws no random number and
 * sends nothing, so that `explain()`, tests and the pipeline can't disagree.
 *
 * @param levels Whose policies count, first asked first. Default: those of somebody who set nothing.
 */
export function decide(outcome: Outcome, facts: Facts, levels: readonly PolicyLevel[] = defaultLevels): Decision {
  return judge(outcome, facts, levels).decision;
}

/** A decision, with the fallback of the policy that made it. */
export interface Judgement {
  readonly decision: Decision;
  /** The retry takes nothing from the budget: the server paces it by itself, or never saw it. */
  readonly free?: boolean;
  readonly fallback?: FallbackValue;
}

/** As {@link decide}, for the retry ring, which also needs the policy's fallback. */
export function judge(outcome: Outcome, facts: Facts, levels: readonly PolicyLevel[]): Judgement {
  const timing =
    outcome.kind === 'response' && outcome.status >= 400
      ? parseServerTiming(outcome.headers, facts.wallNow ?? 0)
      : undefined;
  const applied = appliedBy(outcome, timing);
  const subject = describe(outcome);
  const say = (action: Action, because: Because, words: string, rule: string, delayMs?: number): Decision => ({
    action,
    because,
    reason: `${subject} → ${words}`,
    rule,
    applied,
    ...(delayMs !== undefined && { delayMs }),
    ...(timing && { retryAfterMs: timing.retryAfterMs }),
  });

  if (classify(outcome) === 'cancelled') {
    return { decision: say('fail', 'cancelled', 'stop: the caller gave up', 'default') };
  }
  if (facts.forced) return { decision: forcedRetry(facts, levels, outcome, say) };
  const verdict = classify(outcome);
  const { policy, rule } = findPolicy(levels, outcome, facts);
  if (verdict === 'success' && rule === 'default') return { decision: say('accept', 'policy', 'accept', rule) };
  if (verdict === 'rejected') return { decision: say('fail', 'policy', 'fail: refused before sending', 'default') };

  switch (policy.kind) {
    case 'accept':
      // There is nothing to accept where there was no answer.
      if (outcome.kind === 'response') return { decision: say('accept', 'policy', 'accept', rule) };
      return { decision: say('fail', 'policy', 'fail: there is no answer to accept', rule) };
    case 'refreshCredentials':
      return { decision: decideRefresh(outcome, facts, rule, say) };
    case 'failFast':
      if (facts.shouldRetry === true) {
        const retried = decideRetry(outcome, facts, levels, { policy: everRetry, rule: 'retry' }, timing, applied, say);
        return { decision: retried };
      }
      return withFallback(policy, say('fail', 'policy', failWords(outcome, verdict), rule));
    case 'retry':
      return {
        ...withFallback(policy, decideRetry(outcome, facts, levels, { policy, rule }, timing, applied, say)),
        free: isFree(outcome, timing, applied),
      };
  }
}

type Say = (action: Action, because: Because, words: string, rule: string, delayMs?: number) => Decision;

/** What `shouldRetry: () => true` means where the policy would not retry: as ky, with the usual limit and waits. */
const everRetry: RetryPolicy = { kind: 'retry', limit: 2, respectServerTiming: true, methods: 'any' };

function withFallback(policy: { readonly fallback?: FallbackValue }, decision: Decision): Judgement {
  if (decision.action !== 'fail' || !('fallback' in policy)) return { decision };
  const reason = `${decision.reason}; use the fallback`;
  return { decision: { ...decision, action: 'fallback', reason }, fallback: policy.fallback };
}

function decideRefresh(outcome: Outcome, facts: Facts, rule: string, say: Say): Decision {
  if (needsOtherScope(outcome)) {
    return say('fail', 'insufficientScope', 'fail: the credentials are good but lack a scope, which no refresh gives', rule);
  }
  if (facts.refreshable === false) return say('fail', 'noCredentials', 'fail: no credentials that can be refreshed', rule);
  if (facts.refreshed) return say('fail', 'alreadyRefreshed', 'fail: refused again after a refresh', rule);
  if (isOneShot(facts)) return say('fail', 'notReplayable', `fail: ${oneShotWords}`, rule);
  return say('refreshCredentials', 'policy', 'refresh the credentials, then send it again', rule);
}

/** @see RFC 6750 section 3.1 */
function needsOtherScope(outcome: Outcome): boolean {
  if (outcome.kind !== 'response') return false;
  const header = outcome.headers.get('www-authenticate');
  return header !== null && parseChallenges(header).some(({ params }) => params['error'] === 'insufficient_scope');
}

function decideRetry(
  outcome: Outcome,
  facts: Facts,
  levels: readonly PolicyLevel[],
  { policy, rule }: { readonly policy: RetryPolicy; readonly rule: string },
  timing: ServerTiming | undefined,
  applied: Applied,
  say: Say,
): Decision {
  const fail = (because: Because, words: string): Decision => say('fail', because, `fail: ${words}`, rule);
  const ordered = facts.shouldRetry === true;
  const next = (facts.retries ?? facts.attempt - 1) + 1;
  if (facts.shouldRetry === false) return fail('policy', 'shouldRetry said no');
  if (facts.retriedBelow) return fail('limitReached', 'a client inside this one has retried it already');
  if (!ordered && classify(outcome) === 'permanent' && outcome.kind === 'error') {
    return fail('policy', 'a second try would come to the same');
  }
  if (next > policy.limit) {
    return fail('limitReached', policy.limit === 0 ? 'retries are off' : `all ${policy.limit} retries are used up`);
  }
  const unsafe = ordered ? isOneShot(facts) && oneShotWords : unsafeWords(facts, policy, applied);
  if (unsafe) return fail('notReplayable', unsafe);

  const serverMs = timing && respects(policy, outcome) ? timing.retryAfterMs : 0;
  const maxRetryAfter = levels.find((level) => level.maxRetryAfter !== undefined)?.maxRetryAfter ?? 60_000;
  if (serverMs > maxRetryAfter) {
    return fail('retryAfterTooLong', `${timing?.source} asks for ${serverMs} ms, more than the ${maxRetryAfter} ms allowed`);
  }
  const backoff = backoffOf(policy, outcome.kind === 'response' ? outcome.status : undefined);
  const random = typeof facts.random === 'function' ? facts.random() : facts.random;
  const delayMs = serverMs > 0 ? spread(serverMs, backoff.jittered ? random : 0) : backoff.delayMs(next, random);
  if (delayMs >= facts.remainingMs) {
    return fail('deadline', `a wait of ${delayMs} ms is more than the ${Math.max(0, Math.round(facts.remainingMs))} ms left`);
  }
  if (facts.tokensLeft < 1 && !isFree(outcome, timing, applied)) {
    return fail('budgetExhausted', 'the retry budget is used up, and more retries would only add to the load');
  }
  const source = serverMs > 0 ? timing?.source : 'backoff';
  return say('retry', 'policy', `retry ${next} of ${policy.limit} in ${delayMs} ms (${source})`, rule, delayMs);
}

/**
 * A server that names one time for everybody calls them all back at once: a small wait on top, never less than asked.
 */
function spread(serverMs: number, random: number): number {
  return Math.ceil(serverMs + random * Math.min(serverMs * 0.1, 500));
}

function respects(policy: RetryPolicy, outcome: Outcome): boolean {
  const { respectServerTiming } = policy;
  if (typeof respectServerTiming === 'boolean') return respectServerTiming;
  return outcome.kind === 'response' && respectServerTiming.includes(outcome.status);
}

/** What the server, or the lack of one, paces by itself takes nothing from the budget. */
function isFree(outcome: Outcome, timing: ServerTiming | undefined, applied: Applied): boolean {
  if (outcome.kind === 'error') return applied === 'no';
  return outcome.status === 429 && timing !== undefined;
}

const oneShotWords = 'its body is a stream that can be sent only once';

function isOneShot(facts: Facts): boolean {
  return facts.oneShotBody ?? (!facts.replayable && isIdempotent(facts.method));
}

/** Why it may not be sent again, or nothing. */
function unsafeWords(facts: Facts, policy: RetryPolicy, applied: Applied): string | undefined {
  if (isOneShot(facts)) return oneShotWords;
  const { methods } = policy;
  const method = facts.method.toUpperCase();
  if (methods === 'any') return undefined;
  if (methods !== 'replayable') {
    return methods.includes(method) ? undefined : `${method} is not among the methods to retry (${methods.join(', ')})`;
  }
  if (facts.replayable || applied === 'no') return undefined;
  return `the server may have acted on this ${method}, and it has no idempotency key`;
}

function forcedRetry(facts: Facts, levels: readonly PolicyLevel[], outcome: Outcome, say: Say): Decision {
  const { policy, rule } = findPolicy(levels, { ...failedLike(outcome) }, facts);
  const { limit } = policy.kind === 'retry' ? policy : everRetry;
  const next = (facts.retries ?? facts.attempt - 1) + 1;
  if (next > limit) return say('fail', 'limitReached', `fail: all ${limit} retries are used up`, rule);
  if (isOneShot(facts)) return say('fail', 'notReplayable', `fail: ${oneShotWords}`, rule);
  const backoff = backoffOf(policy.kind === 'retry' ? policy : everRetry, undefined);
  const random = typeof facts.random === 'function' ? facts.random() : facts.random;
  const delayMs = facts.forced?.delayMs ?? backoff.delayMs(next, random);
  if (delayMs >= facts.remainingMs) return say('fail', 'deadline', `fail: a wait of ${delayMs} ms is more than is left`, rule);
  return say('retry', 'policy', `retry ${next} of ${limit} in ${delayMs} ms (asked for by a hook)`, 'hooks', delayMs);
}

/** A forced retry has the limit of a failed attempt, since a success has none. */
function failedLike(outcome: Outcome): Outcome {
  return outcome.kind === 'response' && outcome.status < 400 ? { ...outcome, status: 500 } : outcome;
}

function failWords(outcome: Outcome, verdict: string): string {
  if (outcome.kind === 'error') return verdict === 'permanent' ? 'fail: a second try would come to the same' : 'fail fast';
  return 'fail fast';
}

function describe(outcome: Outcome): string {
  if (outcome.kind === 'response') return String(outcome.status);
  if (outcome.code === 'ATTEMPT_TIMEOUT') return 'timeout';
  if (outcome.code === 'NETWORK') {
    const { reason } = networkFailure(outcome.error);
    return reason === undefined ? 'network error' : `network error (${reason})`;
  }
  return outcome.code;
}
