import type { ApiAnswer } from '../api-answer/api-answer.ts';
import { withAnswer } from '../api-answer/outcome-of.ts';
import type { Action, Applied, Because, Decision } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import type { Verdict } from '../kernel/verdict.ts';
import { networkFailure } from '../platform/network.ts';
import type { ServerTiming } from '../server-timing/wait.ts';
import { appliedBy, classify } from './classify.ts';
import type { Facts } from './facts.ts';
import { timingOfCircuit } from './open-circuit.ts';
import type { FallbackValue, Obstacle } from './policies.ts';
import type { PolicyLevel } from './table.ts';

/** The input of the policy engine, and what all its parts read from the outcome. */
export interface Question {
  readonly outcome: Outcome;
  readonly facts: Facts;
  readonly levels: readonly PolicyLevel[];
  readonly verdict: Verdict;
  readonly timing: ServerTiming | undefined;
  readonly applied: Applied;
}

/** How the wait for a grant ended: `late` where no time was left for a retry. */
export type WaitingEnd = 'granted' | 'refused' | 'late';

/** A decision, with what the retry ring needs besides. */
export interface Judgement {
  readonly decision: Decision;
  /** The retry takes nothing from the budget: the server sets its pace, or never saw the request. */
  readonly free?: boolean;
  /** The credentials were refused, and the request is not sent again with new ones. */
  readonly refused?: boolean;
  /** The fallback of the policy that decided. */
  readonly fallback?: FallbackValue;
  /** For a retry that waits for a grant of the budget: the decision when the wait is over. */
  afterWaiting?(end: WaitingEnd, waitedMs: number): Judgement;
}

export function questionOf(seen: Outcome, facts: Facts, levels: readonly PolicyLevel[]): Question {
  const outcome = withAnswer(seen, facts.wallNow);
  const own = outcome.kind === 'response' ? timingOf(outcome.api) : timingOfCircuit(outcome);
  const timing = own ?? facts.serverTiming;
  return { outcome, facts, levels, verdict: classify(outcome), timing, applied: appliedBy(outcome, timing) };
}

function timingOf(api: ApiAnswer | undefined): ServerTiming | undefined {
  return api?.waitMs === undefined ? undefined : { retryAfterMs: api.waitMs, source: api.waitSource ?? 'the answer' };
}

/** The decision, with its one sentence. It is frozen: the history, the events and the caller all hold the same one. */
export function answer(
  { outcome, timing, applied }: Question,
  rule: string,
  action: Action,
  because: Because,
  words: string,
  delayMs?: number,
): Decision {
  return Object.freeze({
    action,
    because,
    reason: `${subject(outcome)} → ${words}`,
    rule,
    applied,
    ...(delayMs !== undefined && { delayMs }),
    ...(timing && { retryAfterMs: timing.retryAfterMs }),
  });
}

/** The decision not to send the request again. */
export function fail(question: Question, [because, words]: Obstacle, rule: string): Judgement {
  return { decision: answer(question, rule, 'fail', because, `fail: ${words}`) };
}

function subject(outcome: Outcome): string {
  if (outcome.kind === 'response') {
    const { status } = outcome.response;
    return status === outcome.status ? String(status) : `${status} (${outcome.api?.kind})`;
  }
  if (outcome.code === 'ATTEMPT_TIMEOUT') return 'timeout';
  if (outcome.code === 'IDLE_TIMEOUT') return 'idle timeout';
  if (outcome.code !== 'NETWORK') return outcome.code.replace(/\s+/g, ' ');
  const { reason } = networkFailure(outcome.error);
  return reason === undefined ? 'network error' : `network error (${reason})`;
}
