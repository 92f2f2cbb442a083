import {
  given,
  type Incident,
  messageOf,
  noCall,
  type Outage,
  redactText,
  requestsAreApart,
  type Timer,
  within,
} from '@holdfast/core/internal';
import type { Tools } from '../feature/declared.ts';
import type { ResolvedStatusPage } from './look-at-status-page.ts';
import type { StatusReport } from './read-status-page.ts';

/** The status page in `snapshot()`. Plain JSON. */
export interface StatusSnapshot {
  /** Is the page being read at present, since calls fail? */
  readonly watching: boolean;
  /** What the page said last; absent while calls do not fail. */
  readonly description?: string;
  readonly incident?: Incident;
  /** When it said so, in wall clock milliseconds. */
  readonly checkedAt?: number;
  /** Why the last read failed. */
  readonly problem?: string;
}

/** Reads the page while calls fail, and remembers what it said. */
export class PageWatch {
  readonly #page: ResolvedStatusPage;
  readonly #tools: Tools;
  /** What the page said last. */
  #report: (StatusReport & { readonly checkedAt: number }) | undefined;
  #known: Outage = {};
  #problem: string | undefined;
  #looking: AbortController | undefined;
  #timer: Timer;
  #watching = false;
  #failedSince = false;
  /** When to read the page again, by the client's clock. */
  #dueAt = 0;
  #problems = 0;
  #closed = false;

  constructor(page: ResolvedStatusPage, tools: Tools) {
    this.#page = page;
    this.#tools = tools;
  }

  /**
   * Called when an attempt has failed because of the server. The returned object is filled in when the page has
   * answered.
   */
  failed(): Outage {
    if (this.#closed) return this.#known;
    if (requestsAreApart() && this.#watching && this.#tools.clock.now() >= this.#dueAt) this.#lookOrRest();
    this.#failedSince = true;
    if (!this.#watching) {
      this.#watching = true;
      void this.#look();
    }
    return this.#known;
  }

  #lookOrRest(): void {
    if (this.#failedSince) void this.#look();
    else this.#rest();
  }

  #rest(): void {
    this.#watching = false;
    this.#known = {};
    this.#problem = undefined;
    this.#changeTo(undefined);
  }

  async #look(): Promise<void> {
    const { clock } = this.#tools;
    const { look, timeoutMs } = this.#page;
    this.#failedSince = false;
    // On a platform where a read ends with its incoming request, the time of the next one is set now.
    if (requestsAreApart()) this.#dueAt = this.#nextLook();
    const controller = new AbortController();
    this.#looking = controller;
    const { signal } = controller;
    // Calls that fail before the page has answered share its answer; until then, the incident that is known counts.
    const outage: Outage = this.#known.incident ? {} : this.#known;
    const late = (): never => {
      controller.abort(new Error(`it took longer than ${timeoutMs} ms`));
      throw signal.reason;
    };
    try {
      const report = await within(look(signal), { clock, signal, ms: timeoutMs, late, unref: true });
      if (!this.#closed) this.#answered(report, outage);
    } catch (error) {
      if (!this.#closed) this.#failedToLook(error);
    } finally {
      this.#looking = undefined;
      if (!this.#closed) this.#wait();
    }
  }

  #answered(report: StatusReport, outage: Outage): void {
    this.#problems = 0;
    this.#problem = undefined;
    outage.incident = report.incident;
    this.#known = outage.incident ? outage : {};
    this.#changeTo(report);
  }

  #failedToLook(error: unknown): void {
    this.#problems++;
    if (!this.#known.incident) this.#known = {};
    this.#problem = redactText(messageOf(error)).slice(0, 200);
  }

  #changeTo(next: StatusReport | undefined): void {
    const { clock, emit } = this.#tools;
    const before = this.#report?.incident;
    this.#report = next && { ...next, checkedAt: clock.wallNow() };
    if (JSON.stringify(before) === JSON.stringify(next?.incident)) return;
    const description = next?.description ?? 'no call fails any more';
    const incident = next?.incident;
    emit['status.changed']?.({ call: noCall(clock) }, given({ description, incident }));
  }

  #wait(): void {
    const { clock } = this.#tools;
    this.#dueAt = this.#nextLook();
    // On such a platform a timer ends with the request that set it, so the next failure finds that the time is up.
    if (requestsAreApart()) return;
    this.#timer = clock.setTimer(() => {
      this.#timer = undefined;
      this.#lookOrRest();
    }, this.#dueAt - clock.now());
    clock.unref?.(this.#timer);
  }

  /** The more reads have failed, the later the next one. */
  #nextLook(): number {
    const { clock, random } = this.#tools;
    return clock.now() + this.#page.intervalMs * Math.min(2 ** this.#problems, 16) * (0.9 + 0.2 * random());
  }

  snapshot(): StatusSnapshot {
    return given({ watching: this.#watching, ...this.#report, problem: this.#problem });
  }

  close(): void {
    this.#closed = true;
    this.#watching = false;
    this.#tools.clock.clearTimer(this.#timer);
    this.#looking?.abort(new Error('the client was closed'));
  }
}
