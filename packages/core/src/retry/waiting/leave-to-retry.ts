import type { CallContext } from '../../kernel/call-context.ts';
import type { Outcome } from '../../kernel/outcome.ts';
import { classify, isTimeoutCode } from '../../policy/classify.ts';
import { judge } from '../../policy/decide.ts';
import type { Facts } from '../../policy/facts.ts';
import { remainingMs } from '../../time/deadline.ts';
import { errorOutcome, failedBy, recordDecision } from '../attempt.ts';
import { budgetKey } from '../budget-key.ts';
import type { Answer, Loop } from '../loop.ts';
import type { GrantEnd } from './grant.ts';
import { heldInMemory } from './held-in-memory.ts';
import { leastDelayMs } from './least-delay.ts';
import type { RetryLine } from './retry-line.ts';

/** How long before the deadline the last outcome is returned, in milliseconds, so that there is time to return it. */
const beforeDeadlineMs = 50;

/** The facts of the retry budget for a call that has failed. */
export function grantFacts(loop: Loop): Pick<Facts, 'tokensLeft' | 'grant' | 'leastDelayMs' | 'waitedMs'> {
  const { request, grant, context, waitedMs = 0 } = loop;
  const { budget } = loop.ring;
  if (!budget) return { tokensLeft: Number.POSITIVE_INFINITY, leastDelayMs: leastDelayAlone(context) };
  const key = budgetKey(request, loop.end.outcome);
  const tokensLeft = budget.tokens(key);
  const line = budget.findLine(key);
  if (!line) return { tokensLeft, grant: 'held' };
  const isHeld = grant?.line === line ? grant.left > 0 : !line.isClosed;
  const leastDelayMs = line.leastDelayMs(context.random);
  return { tokensLeft, grant: isHeld ? 'held' : 'awaited', leastDelayMs, waitedMs };
}

/** Without a budget each call is alone. */
function leastDelayAlone({ call, random }: CallContext): number {
  const failed = call.attempts.find(({ decision }) => decision?.action === 'retry');
  if (failed === undefined) return 0;
  const lastedMs = call.clock.now() - (call.startedAt + failed.startedMs + failed.durationMs);
  return leastDelayMs({ moments: 1, lastedMs, isWaitedFor: false, spread: random() });
}

/** Takes leave for a retry that was decided on, or waits for it. */
export async function leaveToRetry(loop: Loop, { outcome, judgement }: Answer, facts: Facts): Promise<Answer> {
  const { budget } = loop.ring;
  if (!budget) return { outcome, judgement };
  const key = budgetKey(loop.request, outcome);
  const line = budget.lineOf(key);
  if (loop.grant && loop.grant.line !== line) endGrant(loop, 'handedOn');
  if (loop.grant && loop.grant.left <= 0) endGrant(loop, 'failed');
  if (!loop.isCounted) line.callFailed();
  loop.isCounted = true;
  const isAfterTimeout = isTimeout(outcome);
  loop.grant ??= line.grantFromStock(isAfterTimeout);
  if (loop.grant) {
    line.use(loop.grant);
    loop.waitedMs = 0;
    return { outcome, judgement };
  }
  if (!judgement.afterWaiting) {
    // A hook has asked for this retry, whatever the budget says.
    budget.spend(key);
    return { outcome, judgement };
  }
  return waitInLine(loop, line, { outcome, judgement }, facts);
}

async function waitInLine(loop: Loop, line: RetryLine, answer: Answer, facts: Facts): Promise<Answer> {
  const { context } = loop;
  const { call, signal, settings } = context;
  const { decision } = answer.judgement;
  const joinedAt = call.clock.now();
  const waiting = line.wait({
    signal,
    delayMs: decision.delayMs ?? 0,
    lateMs: remainingMs(call, settings.totalTimeout) - beforeDeadlineMs,
    isAfterTimeout: isTimeout(answer.outcome),
    isOrdered: decision.rule !== 'default',
  });
  tellWaiting(loop, answer, line.length);
  const outcome = await heldInMemory(answer.outcome, context);
  loop.end = { ...loop.end, outcome };
  const end = await waiting.end;
  const waitedMs = call.clock.now() - joinedAt;
  if (typeof end === 'object') loop.grant = end;
  if (signal.aborted) {
    const left = errorOutcome(signal.reason, signal, call);
    return { outcome: left, judgement: judge(left, facts, settings.levels) };
  }
  if (typeof end === 'object') line.use(end);
  loop.waitedMs = Math.max(0, waitedMs - (decision.delayMs ?? 0));
  const said = typeof end === 'object' ? 'granted' : end === 'late' ? 'late' : 'refused';
  return { outcome, judgement: answer.judgement.afterWaiting?.(said, waitedMs) ?? answer.judgement };
}

function tellWaiting({ context }: Loop, { outcome, judgement }: Answer, waiting: number): void {
  const { call, emit } = context;
  const { decision } = judgement;
  // Where the wait is ended from outside, the history says what the call waited for.
  call.decision = decision;
  recordDecision(call, decision);
  const attempt = call.attempts.at(-1)?.attempt ?? 1;
  emit['retry.waiting']?.({ call, attempt }, { attempt, ...failedBy(outcome), decision, waiting });
}

/** The call with a grant has ended, or has used up what the grant covers. */
export function endGrant(loop: Loop, end: GrantEnd): void {
  const { grant } = loop;
  loop.grant = undefined;
  grant?.line.endGrant(grant, end);
}

/** Reports that a retry under the grant of this call has failed. */
export function noteFailedRetry({ grant, context: { call } }: Loop, outcome: Outcome): void {
  const isFailed = outcome.kind === 'error' ? outcome.code !== 'ABORTED' : classify(outcome) === 'transient';
  if (!isFailed) return;
  const last = call.attempts.at(-1);
  if (grant && grant.taken > 0 && last) grant.line.retryFailed(call.startedAt + last.startedMs);
}

/** The server, or a gateway for it, did not answer in time. */
function isTimeout(outcome: Outcome): boolean {
  return outcome.kind === 'error' ? isTimeoutCode(outcome.code) : outcome.status === 504;
}
