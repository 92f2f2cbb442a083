import type { CallContext } from '../../kernel/call-context.ts';
import type { Decision } from '../../kernel/decision.ts';
import type { Outcome } from '../../kernel/outcome.ts';
import { classify, isTimeoutCode } from '../../policy/classify.ts';
import { judge } from '../../policy/decide.ts';
import type { Facts } from '../../policy/facts.ts';
import { remainingMs } from '../../time/deadline.ts';
import { errorOutcome, failedBy, lastAttempt, noteDecision } from '../attempt.ts';
import type { RetryBudget } from '../budget.ts';
import { budgetKey } from '../budget-key.ts';
import type { Answer } from '../ended.ts';
import type { Grant, GrantEnd, HowFailed } from './grant.ts';
import { heldInMemory } from './held-in-memory.ts';
import { type FailedRetries, leastDelayMs } from './least-delay.ts';
import type { RetryLine } from './retry-line.ts';

declare module '../../kernel/call-context.js' {
  interface CallContext {
    /** What the retry budget lets the call do. Only for attempts of streams, which may last long. */
    readonly callBudget?: CallBudget;
  }
  interface CallSettings {
    /** What the retry budget lets the call do, from an earlier run of the pipeline: a stream that continues has it. */
    readonly callBudget?: CallBudget | undefined;
  }
}

/** The part of a call's context on which its budget depends. */
export interface CallBudgetContext extends Pick<CallContext, 'call' | 'signal' | 'random' | 'emit'> {
  readonly settings: Pick<CallContext['settings'], 'levels' | 'totalTimeout'>;
}

/** How long before the deadline the last outcome is returned, in milliseconds, so that there is time to return it. */
const beforeDeadlineMs = 50;

/** What the retry budget lets one call do: the grant that it has, and how long it waits for one. */
export class CallBudget {
  readonly #budget: RetryBudget | undefined;
  #context: CallBudgetContext;
  /** The grant of the call, once it has one. */
  #grant: Grant | undefined;
  /** How long the call has waited for a grant beyond its backoff, in milliseconds; until its next retry. */
  #waitedMs = 0;
  /** How many retries the server has asked for at once, at no cost to the budget. */
  #askedNow = 0;
  /** When the call failed for the first time, and the budget counted it. */
  #failedAt: number | undefined;

  constructor(budget: RetryBudget | undefined, context: CallBudgetContext) {
    this.#budget = budget;
    this.#context = context;
  }

  /** The same budget, for attempts that have a context of their own. */
  within(context: CallBudgetContext): this {
    this.#context = context;
    return this;
  }

  /** The facts of the budget for a call that has failed. */
  facts(
    request: Pick<Request, 'url'>,
    outcome: Outcome,
  ): Pick<Facts, 'tokensLeft' | 'grant' | 'leastDelayMs' | 'waitedMs' | 'nowInVain'> {
    const took = tookOf(outcome, this.#context);
    if (!this.#budget)
      return { tokensLeft: Number.POSITIVE_INFINITY, leastDelayMs: leastDelayAlone(took, this.#context) };
    const key = budgetKey(request, outcome);
    const tokensLeft = this.#budget.tokens(key);
    const line = this.#budget.findLine(key);
    if (!line) return { tokensLeft, grant: 'held' };
    const isHeld =
      this.#grant?.line === line ? this.#grant.left > 0 && !line.letsOthersGo(this.#grant) : !line.isClosed;
    const leastDelayMs = line.leastDelayMs(took, this.#context.random, this.#waitedMs);
    const nowInVain = this.#budget.isNowInVain(key);
    return { tokensLeft, grant: isHeld ? 'held' : 'awaited', leastDelayMs, waitedMs: this.#waitedMs, nowInVain };
  }

  /** Takes a grant for a retry that was decided on, or waits for one. */
  async take(request: Pick<Request, 'url'>, answer: Answer, facts: Facts): Promise<Answer> {
    if (!this.#budget) return answer;
    const key = budgetKey(request, answer.outcome);
    const line = this.#budget.lineOf(key);
    if (this.#grant && (this.#grant.line !== line || line.letsOthersGo(this.#grant))) this.end('handedOn');
    if (this.#grant && this.#grant.left <= 0) this.end('failed');
    this.#failedAt ??= line.callFailed(howFailed(answer.outcome));
    this.#grant ??= line.grantFromStock(isTimeout(answer.outcome));
    if (this.#grant) {
      line.use(this.#grant);
      this.#waitedMs = 0;
      return answer;
    }
    if (!answer.judgement.afterWaiting) {
      // A hook has asked for this retry, whatever the budget says.
      this.#budget.spend(key);
      return answer;
    }
    return this.#waitInLine(line, answer, facts);
  }

  async #waitInLine(line: RetryLine, { outcome, judgement }: Answer, facts: Facts): Promise<Answer> {
    const { call, signal, settings } = this.#context;
    const { decision } = judgement;
    const joinedAt = call.clock.now();
    const waiting = line.wait({
      signal,
      startedAt: call.startedAt,
      failedAt: this.#failedAt ?? joinedAt,
      delayMs: decision.delayMs ?? 0,
      lateMs: remainingMs(call, settings.totalTimeout) - beforeDeadlineMs,
      isAfterTimeout: isTimeout(outcome),
      isOrdered: decision.rule !== 'default',
    });
    emitWaiting(this.#context, { outcome, judgement }, line.length);
    const held = await heldInMemory(outcome, this.#context);
    const end = await waiting.end;
    const waitedMs = call.clock.now() - joinedAt;
    if (typeof end === 'object') this.#grant = end;
    if (signal.aborted) {
      const left = errorOutcome(signal.reason, signal, call);
      return { outcome: left, judgement: judge(left, facts, settings.levels), held };
    }
    if (typeof end === 'object') line.use(end);
    this.#waitedMs = Math.max(0, waitedMs - (decision.delayMs ?? 0));
    const said = typeof end === 'object' ? 'granted' : end === 'late' ? 'late' : 'refused';
    return { outcome: held, judgement: judgement.afterWaiting?.(said, waitedMs) ?? judgement, held };
  }

  /** A retry is sent that takes nothing from the budget. */
  noteFree({ retryAfterMs }: Decision): void {
    if (retryAfterMs === 0) this.#askedNow++;
  }

  /** The call has failed: retries that the server had asked for at once were in vain, and are paid for. */
  payForNow(key: string): void {
    if (this.#askedNow > 0) this.#budget?.spendInVain(key, this.#askedNow);
  }

  /** Reports that a retry under the grant of this call has failed. */
  noteFailure(outcome: Outcome): void {
    const { call } = this.#context;
    const isFailed = outcome.kind === 'error' ? outcome.code !== 'ABORTED' : classify(outcome) === 'transient';
    if (!isFailed) return;
    const last = call.attempts.at(-1);
    const grant = this.#grant;
    if (grant && grant.taken > 0 && last) grant.line.retryFailed(call.startedAt + last.startedMs, howFailed(outcome));
  }

  /** The call has ended, or has used up what its grant covers. */
  end(end: GrantEnd): void {
    const grant = this.#grant;
    this.#grant = undefined;
    grant?.line.endGrant(grant, end);
  }
}

/** Without a budget each call is alone. */
function leastDelayAlone(took: FailedRetries['took'], { call, random }: CallBudgetContext): number {
  const failed = call.attempts.find(({ decision }) => decision?.action === 'retry');
  if (failed === undefined) return 0;
  const lastedMs = call.clock.now() - (call.startedAt + failed.startedMs + failed.durationMs);
  return leastDelayMs({ moments: 1, lastedMs, took, isNew: true, isWaitedFor: false, spread: random() });
}

function tookOf(outcome: Outcome, { call }: CallBudgetContext): FailedRetries['took'] {
  return isTimeout(outcome) ? 'timeout' : (call.attempts.at(-1)?.durationMs ?? 0);
}

function emitWaiting({ call, emit }: CallBudgetContext, { outcome, judgement }: Answer, waiting: number): void {
  const { decision } = judgement;
  // If the wait is ended from outside, the history says what the call waited for.
  noteDecision(call, decision);
  const attempt = lastAttempt(call);
  emit['retry.waiting']?.({ call, attempt }, { attempt, ...failedBy(outcome), decision, waiting });
}

function howFailed(outcome: Outcome): HowFailed {
  return { isCut: outcome.kind === 'error' && outcome.code === 'NETWORK', isTimeout: isTimeout(outcome) };
}

/** The server, or a gateway for it, did not answer in time. */
function isTimeout(outcome: Outcome): boolean {
  return outcome.kind === 'error' ? isTimeoutCode(outcome.code) : outcome.status === 504;
}
