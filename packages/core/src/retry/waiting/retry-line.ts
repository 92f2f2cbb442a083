import type { Clock } from '../../kernel/clock.ts';
import { requestsAreApart } from '../../platform/requests-apart.ts';
import type { Stock } from '../stock.ts';
import { Failures } from './failures.ts';
import { fewCalls, nextCall } from './few-calls.ts';
import type { Grant, GrantEnd, HowFailed } from './grant.ts';
import { Grants } from './grants.ts';
import { KeptGrants } from './kept-grants.ts';
import { type FailedRetries, leastDelayMs, outageMs } from './least-delay.ts';
import * as figures from './line-figures.ts';
import { LostConnections } from './lost-connections.ts';
import { lineFrom, otherCall } from './other-call.ts';
import { type RetryDemand, WaitingRetry } from './waiting-retry.ts';

/**
 * The calls of one origin that want to retry.
 *
 * Calls that fail at the same moment are one observation, not fifty. So a retry without a token is not refused at once.
 * A few calls retry, and the others wait for their outcome: if they are answered, more and more go; if they all fail
 * and nothing else is answered, they are refused together, but not before the failures have lasted longer than a short
 * interruption. An outage then costs about 1.1 requests per call, and an interruption of half a second fails no call.
 */
export class RetryLine {
  readonly #stock: Stock;
  readonly #clock: Clock;
  #waiting = new Set<WaitingRetry>();
  readonly #kept: KeptGrants;
  readonly #grants: Grants;
  /** The credit for probing. A debt is kept after an answer, a credit is not. */
  #credit = 0;
  /** The moving share of the granted calls that were answered. */
  #answeredShare = 1;
  readonly #failures = new Failures();
  readonly #lost = new LostConnections();

  constructor(stock: Stock, clock: Clock) {
    this.#stock = stock;
    this.#clock = clock;
    this.#kept = new KeptGrants(clock);
    this.#grants = new Grants(this, stock, clock);
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Would a call that fails now have to wait? */
  get isClosed(): boolean {
    if (this.#waiting.size > 0) return true;
    return this.#kept.count === 0 && (this.#failures.ofRetries || this.#stock.tokens < figures.grantCost);
  }

  /** A call has failed for the first time, and wants to retry. Returns the time. */
  callFailed(how: HowFailed = {}): number {
    this.#noteFailure(how);
    this.#failures.ofCalls++;
    this.#credit += figures.creditPerFailure;
    return this.#clock.now();
  }

  /** A grant from the stock, if it has tokens. */
  grantFromStock(isAfterTimeout: boolean): Grant | undefined {
    if (this.isClosed) return undefined;
    this.#grants.retriesNeeded = 1;
    if (this.#kept.count > 0) this.#kept.take();
    else this.#stock.spend(figures.grantCost);
    return this.#grants.give(isAfterTimeout);
  }

  wait(demand: RetryDemand): WaitingRetry {
    const waiting = new WaitingRetry(demand, this.#clock, (one) => this.#look(one));
    this.#waiting.add(waiting);
    if (demand.signal.aborted) waiting.settle('left');
    this.#lookAgain(waiting);
    this.#decide();
    return waiting;
  }

  /** A retry is sent under a grant. */
  use(grant: Grant): void {
    grant.left--;
    grant.taken++;
    grant.usedAt = this.#clock.now();
    if (this.#lost.left === 0) this.#credit -= grant.cost;
  }

  /** Must the call with a grant let calls go first that have not retried yet? */
  letsOthersGo({ taken, cost, givenAt }: Grant): boolean {
    if (taken === 0 || this.#waiting.size === 0) return false;
    if (this.#lost.left > 0) return true;
    const { ofRetries, laterFrom, firstAt = Number.POSITIVE_INFINITY } = this.#failures;
    // Where a call was answered after this one had its grant, it is known that retries help.
    const isFirst = ofRetries && laterFrom === undefined;
    return isFirst && givenAt >= firstAt && cost === 1 && this.#other(givenAt) !== undefined;
  }

  /** A retry under a grant, sent at `startedAt`, has failed. */
  retryFailed(startedAt: number, how: HowFailed = {}): void {
    this.#noteFailure(how);
    this.#failures.noteRetry(startedAt, this.#clock.now());
  }

  /** The call with a grant has ended, or has used up the grant. */
  endGrant(grant: Grant, end: GrantEnd): void {
    if (!this.#grants.end(grant)) return;
    if (end !== 'handedOn')
      this.#answeredShare += (Number(end === 'answered') - this.#answeredShare) * figures.weightOfOne;
    if (end === 'answered') {
      this.#grants.retriesNeeded = Math.max(1, grant.taken);
      this.#kept.keep(this.#grantFirst(figures.grantsPerRetry * grant.taken));
    } else if (end === 'failed') this.#callHasFailed(grant);
    else if (!this.#grantWhileFew() && !(this.letsOthersGo(grant) && this.#letAnotherGo(grant.givenAt)))
      this.#grantFirst(1);
    this.#decide();
  }

  #callHasFailed({ cost, givenAt }: Grant): void {
    const isFirst = ++this.#failures.ofGrants === 1;
    for (const waiting of this.#waiting) if (this.#isImpatient(waiting)) this.#leave(waiting, 'refused');
    if (isFirst && cost === 1 && this.#grants.count === 0) this.#tryOther(this.#other(givenAt), 1);
  }

  /** One call may fail for a reason of its own. So another one tries, and the line continues behind it. */
  #tryOther(other: WaitingRetry | undefined, most?: number): void {
    if (other === undefined) return;
    this.#failures.hasTriedAnother = true;
    this.#waiting = lineFrom(other, this.#waiting);
    this.#letRetry(other, most);
  }

  /** If both fail for good, a call that fails later may still try. Returns whether there is another call. */
  #letAnotherGo(givenAt: number): boolean {
    const other = this.#other(givenAt);
    this.#tryOther(other);
    if (other) this.#failures.letGo(this.#clock.now());
    return other !== undefined;
  }

  #other(givenAt: number): WaitingRetry | undefined {
    const { hasTriedAnother, laterFrom = Number.NEGATIVE_INFINITY } = this.#failures;
    if (hasTriedAnother) return undefined;
    return otherCall(this.#waiting, givenAt, (one) => one.joinedAt > laterFrom && this.#isThere(one));
  }

  /** A call was answered. */
  answered(): void {
    this.#credit = Math.min(0, this.#credit);
    this.#failures.forget();
    this.#lost.forget();
    this.#grantFirst(1);
    this.#decide();
  }

  /** The shortest wait of a granted retry whose backoff the caller has not chosen, in milliseconds. */
  leastDelayMs(took: FailedRetries['took'], random: () => number, waitedMs = 0): number {
    const { moments, firstAt } = this.#failures;
    if (moments === 0 || firstAt === undefined) return 0;
    const [lastedMs, isWaitedFor] = [this.#clock.now() - firstAt, this.length > 0];
    const isNew = this.#stock.mayHaveBegunAt(firstAt);
    return leastDelayMs({ moments, lastedMs, took, isNew, isWaitedFor, waitedMs, spread: random() });
  }

  #noteFailure({ isCut = false, isTimeout = false }: HowFailed): void {
    if (this.#failures.note(this.#clock.now())) this.#lost.forget();
    if (isTimeout && this.#stock.wasAnswered) this.#failures.isStall = true;
    this.#lost.note(isCut && !this.#stock.wasAnswered);
  }

  /** While few attempts have lost their connection, more calls retry, once each, until that is an outage. */
  #grantWhileFew(): boolean {
    const left = this.#lost.takeLeft();
    if (left > 0) this.#grantFirst(left - this.#grants.count, 1);
    return left > 0;
  }

  /** Returns how many grants are left. */
  #grantFirst(count: number, most?: number): number {
    let left = count;
    for (const waiting of this.#waiting) {
      if (left <= 0) return 0;
      if (!this.#isThere(waiting)) continue;
      this.#letRetry(waiting, most);
      left--;
    }
    return left;
  }

  /** Where calls cannot wake one another, a call that has stopped polling has ended with its request. */
  #isThere(waiting: WaitingRetry): boolean {
    if (!waiting.isSettled && (!requestsAreApart() || this.#clock.now() - waiting.lookedAt <= outageMs)) return true;
    this.#waiting.delete(waiting);
    return false;
  }

  #letRetry(waiting: WaitingRetry, most?: number): void {
    if (this.#isThere(waiting)) this.#leave(waiting, this.#grants.give(waiting.demand.isAfterTimeout, most));
  }

  #leave(waiting: WaitingRetry, end: Grant | 'refused'): void {
    this.#waiting.delete(waiting);
    waiting.settle(end);
  }

  /** Called when time has passed, or a call has left. */
  #look(waiting: WaitingRetry): void {
    if (waiting.isSettled) this.#waiting.delete(waiting);
    else if (this.#isImpatient(waiting)) this.#leave(waiting, 'refused');
    else this.#lookAgain(waiting);
    this.#decide();
  }

  #lookAgain(waiting: WaitingRetry): void {
    const leftMs = waiting.joinedAt + figures.patienceMs - this.#clock.now();
    if (leftMs > 0) waiting.lookIn(leftMs);
  }

  #isImpatient(waiting: WaitingRetry): boolean {
    if (waiting.demand.isOrdered || this.#lost.left > 0) return false;
    return this.#answeredShare < figures.mostlyFails && this.#clock.now() - waiting.joinedAt >= figures.patienceMs;
  }

  /** With no retry under way, the next call probes, or all calls in line are refused. */
  #decide(): void {
    this.#grants.forgetLost();
    const [first] = this.#waiting;
    if (!first) return;
    if (this.#grants.count > 0) return void this.#waitForGranted(first);
    if (!this.#isThere(first)) return void this.#decide();
    const now = this.#clock.now();
    // The call's own backoff passes first, so that others can join.
    const dueAt = first.joinedAt + Math.min(first.demand.delayMs, outageMs);
    const failedAt = this.#failures.firstAt ?? first.joinedAt;
    const probingFrom = this.#failures.isStall ? failedAt : first.demand.failedAt;
    const isProbing = this.#credit >= 1 && now - probingFrom <= figures.probingMs;
    if (now < dueAt) first.lookIn(dueAt - now);
    else if (this.#grantWhileFew()) return;
    else if (isProbing) this.#grantFirst(1);
    else if (now < failedAt + outageMs) first.lookIn(failedAt + outageMs - now);
    else if (this.#lost.takeLook()) this.#grantFirst(1, 1);
    else this.#grantFewOrRefuse(this.#stock.mayHaveBegunAt(failedAt));
  }

  #grantFewOrRefuse(mayHaveBegun: boolean): void {
    const few = mayHaveBegun ? fewCalls(this.#waiting, this.#failures) : [];
    for (const one of few) this.#letRetry(one);
    if (few.length > 0) return;
    const next = nextCall(this.#waiting, this.#failures);
    if (next) this.#tryOther(next, 1);
    else for (const waiting of this.#waiting) this.#leave(waiting, 'refused');
  }

  /** A retry may be slow for a reason of its own, and then another call is let through meanwhile. */
  #waitForGranted(first: WaitingRetry): void {
    if (this.#failures.hasTriedAnother) return;
    const leftMs = figures.slowMs - this.#grants.unusedMs();
    if (leftMs > 0) first.lookIn(leftMs);
    else this.#tryOther(this.#other(Number.POSITIVE_INFINITY));
  }
}
