import pRetry from 'p-retry';
import { discard } from '../bodies/discard.ts';
import { ownRequest } from '../bodies/own-request.ts';
import { renewed, requestBody } from '../bodies/request-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Decision } from '../kernel/decision.ts';
import { ignore } from '../kernel/ignore.ts';
import type { Outcome } from '../kernel/outcome.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { classify } from '../policy/classify.ts';
import { isResponse } from '../transport/is-response.ts';
import { sleep } from '../waits/sleep.ts';
import { askPolicyEngine } from './ask.ts';
import {
  type AttemptEnd,
  answeredByHook,
  errorOutcome,
  failedBy,
  lastAttempt,
  noteDecision,
  sendOnce,
  thrownOutcome,
} from './attempt.ts';
import { budgetKey } from './budget-key.ts';
import type { Ended, RetryRingOptions } from './ended.ts';
import { decideByHook, endBetweenAttempts, endedBy } from './ending.ts';
import { CallBudget } from './waiting/call-budget.ts';

/** The start of the loop: attempt 1 has ended. */
export interface LoopStart extends Omit<Ended, 'refreshed'> {
  readonly next: Handler;
  readonly ring: RetryRingOptions;
}

/** Thrown to p-retry by an attempt that is to be repeated. No caller sees it. */
class FailedAttempt extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super('the attempt failed');
    this.outcome = outcome;
  }
}

/** Asks, waits and sends until the policy engine says that it is over. */
export class RetryLoop {
  readonly #next: Handler;
  readonly #context: CallContext;
  readonly #ring: RetryRingOptions;
  readonly #budget: CallBudget;
  /** Everything that changes between attempts, with the attempt that ended last. */
  readonly #state: { -readonly [Field in keyof Ended]: Ended[Field] };

  constructor({ next, ring, ...ended }: LoopStart) {
    const { context } = ended;
    this.#next = next;
    this.#context = context;
    this.#ring = ring;
    this.#budget = context.settings.callBudget?.within(context) ?? new CallBudget(ring.budget, context);
    this.#state = { ...ended, refreshed: false };
  }

  /** The retries that a policy has ordered so far. */
  get retries(): number {
    return this.#state.retries;
  }

  async run(): Promise<Response> {
    const { call } = this.#context;
    try {
      // p-retry gets no limit and no wait: both are decided by the policy, which differs from outcome to outcome.
      const outcome = await pRetry((turn) => this.#turn(turn), {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 0,
        shouldConsumeRetry: () => call.decision?.action === 'retry',
      });
      if (outcome.kind === 'response') return outcome.response;
      endBetweenAttempts(call, outcome);
      throw outcome.error;
    } finally {
      this.#settle();
      discardKept(this.#state.request, this.#state.keep);
    }
  }

  /**
   * One turn of the loop; p-retry counts turns as we count attempts. Returns the call's result, or throws to be called
   * again.
   */
  async #turn(turn: number): Promise<Outcome> {
    let final: Outcome | undefined;
    try {
      if (turn > 1) this.#state.end = await this.#sendAgain(turn);
      final = await this.#finalOutcome();
    } catch (error) {
      final = thrownOutcome(error, this.#context);
    }
    if (final === undefined) throw new FailedAttempt(this.#state.end.outcome);
    if (final.kind === 'error') this.#discardEnd();
    return final;
  }

  /** Has the last attempt judged, and emits the events. Returns nothing if another attempt is to be made. */
  async #finalOutcome(): Promise<Outcome | undefined> {
    const context = this.#context;
    const { call, emit } = context;
    if (this.#state.end.final) {
      decideByHook(this.#state.end.outcome, context);
      return this.#state.end.outcome;
    }
    const { outcome, judgement, held } = await askPolicyEngine(this.#state, this.#ring, this.#budget);
    if (held) this.#state.end = { ...this.#state.end, outcome: held };
    const { decision } = judgement;
    noteDecision(call, decision);
    call.fallback = judgement.fallback;
    const attempt = lastAttempt(call);
    const event = { attempt, ...failedBy(outcome), decision };
    if (decision.action === 'refreshCredentials') return undefined;
    if (decision.action === 'retry') {
      emit['retry.scheduled']?.({ call, attempt }, { ...event, delayMs: decision.delayMs ?? 0 });
      return undefined;
    }
    if (decision.because !== 'policy' && decision.because !== 'cancelled')
      emit['retry.denied']?.({ call, attempt }, event);
    return endedBy(decision, outcome, this.#state.end, context);
  }

  /** Everything between two attempts, and the next one, unless a hook answers in its place. */
  async #sendAgain(turn: number): Promise<AttemptEnd> {
    const { decision } = this.#context.call;
    const answer = decision?.action === 'retry' ? await this.#prepareRetry(decision) : await this.#refresh();
    if (answer) return answeredByHook(answer, this.#state.request, this.#context, this.#state.retries);
    const context = {
      ...this.#context,
      attempt: this.#context.attempt + turn - 1,
      previous: this.#state.end.outcome,
      ...(this.#context.settings.opening && { callBudget: this.#budget }),
    };
    const request = requestToSend(this.#state.request, this.#state.keep);
    // Hooks may read the body of the request that they see, and send it again.
    if (context.settings.hooks?.afterResponse) this.#state.request = renewed(this.#state.request, this.#state.body);
    return sendOnce(request, this.#next, context, this.#state.retries, this.#state.request);
  }

  async #refresh(): Promise<undefined> {
    this.#discardEnd();
    this.#state.refreshed = true;
    await this.#ring.credentials?.refreshFor(this.#context.call, this.#context);
    this.#state.request = renewed(this.#state.request, this.#state.body);
  }

  /** Returns a response if a hook answers in place of the next attempt. */
  async #prepareRetry({ delayMs = 0 }: Decision): Promise<Response | undefined> {
    const { call, settings, signal } = this.#context;
    const { hooks, readRetried } = settings;
    const { outcome, forced } = this.#state.end;
    // The error for the hook is made before the wait, while the response can still be read; then the response is
    // discarded.
    const failure = hooks?.beforeRetry && (await hooks.describe(forced ?? outcome, this.#state.request));
    if (!failure) await readRetried?.(outcome, this.#state.request);
    this.#discardEnd();
    await sleep(call.clock, delayMs, signal);
    this.#state.retries++;
    const asked = ownRequest(forced?.request);
    if (asked) this.#replaceRequest(asked);
    else this.#state.request = renewed(this.#state.request, this.#state.body);
    const given = failure && (await hooks?.beforeRetry?.(failure, this.#state.request, this.#state.retries));
    const replacement = ownRequest(given);
    if (replacement && replacement !== this.#state.request) this.#replaceRequest(replacement);
    if (!isResponse(given)) return undefined;
    call.changedByHook = true;
    return given;
  }

  /** Sends a hook's Request from now on. There may be further attempts, so it is kept as a caller's own would be. */
  #replaceRequest(replacement: Request): void {
    this.#context.call.changedByHook = true;
    // The previous Request is not discarded: the hook may have made the new one from it, and then both share a body.
    this.#state.request = replacement;
    this.#state.body = requestBody(undefined, replacement);
    this.#state.keep = this.#state.body.kind === 'request';
  }

  #discardEnd(): void {
    if (this.#state.end.outcome.kind === 'response') discard(this.#state.end.outcome.response);
  }

  /** Reports to the waiting calls how this call ended, since that shows how the server is. */
  #settle(): void {
    const { signal, call } = this.#context;
    const isAnswered = isAnswer(this.#state.end);
    const isLeft = signal.aborted && classify(errorOutcome(signal.reason, signal, call)) !== 'permanent';
    this.#budget.end(isAnswered ? 'answered' : isLeft || this.#state.end.final === true ? 'handedOn' : 'failed');
    const key = budgetKey(this.#state.request, this.#state.end.outcome);
    if (isAnswered) this.#ring.budget?.earn(key);
    else if (!isLeft) this.#budget.payForNow(key);
  }
}

/** True if the server has processed the request, whatever it answered. */
function isAnswer({ outcome, final }: AttemptEnd): boolean {
  return outcome.kind === 'response' && !final && classify(outcome) !== 'transient';
}

/** Clones a caller's own Request, if it may be needed again. */
export function requestToSend(request: Request, keep: boolean): Request {
  return keep ? request.clone() : request;
}

/** Discards the copy of a caller's body that was kept for another attempt. */
export function discardKept(request: Request, keep: boolean): void {
  if (keep && request.body && !request.body.locked) request.body.cancel().catch(ignore);
}
