import type { Clock } from '../../kernel/clock.ts';
import { requestsAreApart } from '../../platform/requests-apart.ts';
import type { Stock } from '../stock.ts';
import type { Grant, GrantEnd } from './grant.ts';
import { KeptGrants } from './kept-grants.ts';
import { type FailedRetries, leastDelayMs, outageMs } from './least-delay.ts';
import { type RetryDemand, WaitingRetry } from './waiting-retry.ts';

/** Two tokens are one grant. */
const grantCost = 2;
/** What each failing call adds to the credit for probing. A granted retry takes 1; after a timeout it takes 2. */
const creditPerFailure = 0.1;
/** How many grants an answered call brings for each retry that it took. */
const grantsPerRetry = 2;
/** Calls that fail within this time, in milliseconds, fail at the same moment. */
const sameMomentMs = 250;
/** How long probing continues after the first failure since the last answer, in milliseconds. */
const probingMs = 4_000;
/** After this time in the queue, in milliseconds, a call is refused if granted calls mostly fail. */
const patienceMs = 1_500;
/** Granted calls mostly fail where the moving share of those that were answered is below this. */
const mostlyFails = 0.4;
const weightOfOne = 1 / 4;
/** Failures before a pause of this length, in milliseconds, say nothing about the server now. */
const staleMs = 10_000;
/** A grant that was not used for this long, in milliseconds, is lost: its request has ended without notice. */
const lostMs = 60_000;
/**
 * The calls of one origin that want to retry.
 *
 * Calls that fail at the same moment are one observation, not fifty. So a retry without a token is not refused at once.
 * A few calls retry, and the others wait for their outcome: if they are answered, more and more go; if they all fail
 * and nothing else is answered, the waiting calls are refused together, but not before the failures have lasted longer
 * than a short interruption. A full outage then costs about 1.1 requests per call, and an interruption of half a second
 * fails no call.
 *
 * The rules and figures come from the simulation of overload (`npm run simulate`).
 */
export class RetryLine {
  readonly #stock: Stock;
  readonly #clock: Clock;
  #waiting = new Set<WaitingRetry>();
  readonly #kept: KeptGrants;
  readonly #grants = new Set<Grant>();
  /** What may be spent on probing. Debt outlives an answer, credit does not. */
  #credit = 0;
  /** The moving share of the granted calls that were answered. */
  #answeredShare = 1;
  /** The first failure since the last answer, and the last one. */
  #failedAt: number | undefined;
  #lastFailedAt = Number.NEGATIVE_INFINITY;
  /** Has a granted retry failed since the last answer? */
  #hasFailed = false;
  /** How many calls have failed in spite of their grant since the last answer. */
  #failedGrants = 0;
  /** Moments at which granted retries failed since the last answer: those under way together are one. */
  #moments = 0;
  #momentKnownAt = Number.NEGATIVE_INFINITY;
  /** How many retries the call took that was answered last: those in line after a timeout may need as many. */
  #retriesNeeded = 1;

  constructor(stock: Stock, clock: Clock) {
    this.#stock = stock;
    this.#clock = clock;
    this.#kept = new KeptGrants(clock);
  }

  /** How many calls wait. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Would a call that fails now have to wait? */
  get isClosed(): boolean {
    if (this.#waiting.size > 0) return true;
    return this.#kept.count === 0 && (this.#hasFailed || this.#stock.tokens < grantCost);
  }

  /** A call has failed for the first time, and wants to retry. */
  callFailed(): void {
    this.#noteFailure(this.#clock.now());
    this.#credit += creditPerFailure;
  }

  /** A grant from stock, where there is one. */
  grantFromStock(isAfterTimeout: boolean): Grant | undefined {
    if (this.isClosed) return undefined;
    this.#retriesNeeded = 1;
    if (this.#kept.count > 0) this.#kept.take();
    else this.#stock.spend(grantCost);
    return this.#grant(isAfterTimeout);
  }

  /** Waits for a grant. */
  wait(demand: RetryDemand): WaitingRetry {
    const waiting = new WaitingRetry(demand, this.#clock, (one) => this.#look(one));
    this.#waiting.add(waiting);
    if (demand.signal.aborted) waiting.settle('left');
    this.#lookAgain(waiting);
    this.#decide();
    return waiting;
  }

  /** A retry goes out under a grant. */
  use(grant: Grant): void {
    grant.left--;
    grant.taken++;
    grant.usedAt = this.#clock.now();
    this.#credit -= grant.cost;
  }

  /** A retry under a grant, sent at `startedAt`, has failed. */
  retryFailed(startedAt: number): void {
    const now = this.#clock.now();
    this.#noteFailure(now);
    this.#hasFailed = true;
    if (startedAt <= this.#momentKnownAt) return;
    this.#moments++;
    this.#momentKnownAt = now;
  }

  /** The call of a grant has ended, or has used up what the grant covers. */
  endGrant(grant: Grant, end: GrantEnd): void {
    if (!this.#grants.delete(grant)) return;
    if (end !== 'handedOn') this.#answeredShare += (Number(end === 'answered') - this.#answeredShare) * weightOfOne;
    if (end === 'answered') {
      this.#retriesNeeded = Math.max(1, grant.taken);
      this.#kept.keep(this.#grantFirst(grantsPerRetry * grant.taken));
    } else if (end === 'handedOn') this.#grantFirst(1);
    else this.#callHasFailed(grant);
    this.#decide();
  }

  /**
   * One call may fail for a reason of its own. Before the calls that failed at the same moment are refused, one of them
   * tries once: the last one, and the line continues from there, since the first calls may be the ones that fail for
   * good.
   */
  #callHasFailed({ cost, givenAt }: Grant): void {
    this.#failedGrants++;
    this.#refuseImpatient();
    if (this.#failedGrants !== 1 || cost !== 1 || this.#grants.size > 0) return;
    const newestFirst = [...this.#waiting].reverse();
    const other = newestFirst.find((one) => one.joinedAt - givenAt <= sameMomentMs && this.#isThere(one));
    if (other === undefined) return;
    this.#waiting = new Set(newestFirst);
    this.#leave(other, this.#grant(other.demand.isAfterTimeout, 1));
  }

  /** A call was answered. */
  answered(): void {
    this.#credit = Math.min(0, this.#credit);
    this.#forgetFailures();
    if (this.#waiting.size > 0) this.#grantFirst(1);
  }

  /** The shortest wait of a granted retry whose backoff the caller has not chosen, in milliseconds. */
  leastDelayMs(took: FailedRetries['took'], random: () => number): number {
    if (this.#moments === 0 || this.#failedAt === undefined) return 0;
    const lastedMs = this.#clock.now() - this.#failedAt;
    const [isNew, isWaitedFor] = [!this.#stock.wasAnswered, this.#waiting.size > 0];
    return leastDelayMs({ moments: this.#moments, lastedMs, took, isNew, isWaitedFor, spread: random() });
  }

  #noteFailure(now: number): void {
    if (now - this.#lastFailedAt > staleMs) this.#forgetFailures();
    this.#failedAt ??= now;
    this.#lastFailedAt = now;
  }

  #forgetFailures(): void {
    this.#failedAt = undefined;
    this.#hasFailed = false;
    this.#failedGrants = 0;
    this.#moments = 0;
  }

  #grant(isAfterTimeout: boolean, most = Number.POSITIVE_INFINITY): Grant {
    // The server may be at work on the first request still: a second retry would be the third of the same work.
    const isDear = isAfterTimeout && this.#stock.wasAnswered;
    const [left, cost] = isDear ? [this.#retriesNeeded, 2] : [most, 1];
    const now = this.#clock.now();
    const grant: Grant = { line: this, left, cost, taken: 0, givenAt: now, usedAt: now };
    this.#grants.add(grant);
    return grant;
  }

  /** Returns how many grants are left. */
  #grantFirst(count: number): number {
    let left = count;
    for (const waiting of this.#waiting) {
      if (left <= 0) return 0;
      if (!this.#isThere(waiting)) continue;
      this.#leave(waiting, this.#grant(waiting.demand.isAfterTimeout));
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

  #leave(waiting: WaitingRetry, end: Grant | 'refused'): void {
    this.#waiting.delete(waiting);
    waiting.settle(end);
  }

  /** Time has passed, or a call has left. */
  #look(waiting: WaitingRetry): void {
    if (waiting.isSettled) this.#waiting.delete(waiting);
    else if (this.#isImpatient(waiting)) this.#leave(waiting, 'refused');
    else this.#lookAgain(waiting);
    this.#decide();
  }

  #lookAgain(waiting: WaitingRetry): void {
    const leftMs = waiting.joinedAt + patienceMs - this.#clock.now();
    if (leftMs > 0) waiting.lookIn(leftMs);
  }

  #isImpatient(waiting: WaitingRetry): boolean {
    if (waiting.demand.isOrdered) return false;
    return this.#answeredShare < mostlyFails && this.#clock.now() - waiting.joinedAt >= patienceMs;
  }

  #refuseImpatient(): void {
    for (const waiting of this.#waiting) if (this.#isImpatient(waiting)) this.#leave(waiting, 'refused');
  }

  /** With no retry under way, the next one goes and looks, or all in line are refused. */
  #decide(): void {
    const now = this.#clock.now();
    for (const grant of this.#grants) if (now - grant.usedAt > lostMs) this.#grants.delete(grant);
    if (this.#grants.size > 0) return;
    const [first] = this.#waiting;
    if (!first) return;
    if (!this.#isThere(first)) {
      this.#decide();
      return;
    }
    // Its own backoff passes first, so that others can join.
    const dueAt = first.joinedAt + Math.min(first.demand.delayMs, outageMs);
    const failedAt = this.#failedAt ?? first.joinedAt;
    const isProbing = this.#credit >= 1 && now - failedAt <= probingMs;
    if (now < dueAt) this.#lookIn(first, dueAt - now);
    else if (isProbing) this.#grantFirst(1);
    else if (now < failedAt + outageMs) this.#lookIn(first, failedAt + outageMs - now);
    else for (const waiting of this.#waiting) this.#leave(waiting, 'refused');
  }

  #lookIn(waiting: WaitingRetry, ms: number): void {
    const patienceLeft = waiting.joinedAt + patienceMs - this.#clock.now();
    waiting.lookIn(patienceLeft > 0 ? Math.min(ms, patienceLeft) : ms);
  }
}
