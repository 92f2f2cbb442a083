import type { Outcome } from '@holdfast/core';
import {
  classify,
  errorOutcome,
  type Incident,
  isFromElsewhere,
  isOutcomeOfAnother,
  noCall,
  type Outage,
  redactText,
  requestsAreApart,
  type Timer,
  within,
} from '@holdfast/core/internal';
import type { Tools, Watcher } from '../feature/declared.ts';
import { resolveStatusPage, type StatusPageOptions, type StatusReader } from './look-at-status-page.ts';
import type { StatusReport } from './read-status-page.ts';

/** The status page in `snapshot()`. Plain JSON. */
export interface StatusSnapshot {
  /** Is it looked at just now, since calls fail? */
  readonly watching: boolean;
  /** What the page said last; absent while calls do not fail. */
  readonly description?: string;
  readonly incident?: Incident;
  /** When it said so, in wall clock milliseconds. */
  readonly checkedAt?: number;
  /** Why the last read failed. */
  readonly problem?: string;
}

export interface StatusPage extends Watcher {
  snapshot(): StatusSnapshot;
  close(): void;
}

/**
 * When an API fails, its status page often knows why, but people rarely look there. Polling it all the time would be a
 * request for each client and half minute, for years, to learn that all is well.
 *
 * So the page is read only while attempts fail because of the server: at once when the first one does, so that the page
 * has answered by the time the retries have failed, and then once per `intervalMs` for as long as there was a failure
 * since the last read. No call waits for it. The ring is inside the retries, to see each attempt, and outside the
 * circuit, since an open circuit hides that the server is down.
 */
export function createStatusPage(option: StatusPageOptions | StatusReader, parts: Tools): StatusPage {
  const { clock, random, emit } = parts;
  const { look, intervalMs, timeoutMs } = resolveStatusPage(option, parts);
  /** What the page said last. */
  let report: (StatusReport & { readonly checkedAt: number }) | undefined;
  let known: Outage = {};
  let problem: string | undefined;
  let looking: AbortController | undefined;
  let timer: Timer;
  let watching = false;
  let failedSince = false;
  /** When to look again, on the client's clock. */
  let dueAt = 0;
  let problems = 0;
  let closed = false;

  const tell = (next: StatusReport | undefined): void => {
    const before = report?.incident;
    report = next && { ...next, checkedAt: clock.wallNow() };
    if (same(before, next?.incident)) return;
    const description = next?.description ?? 'no call fails any more';
    const incident = next?.incident;
    emit['status.changed']?.({ call: noCall(clock) }, { description, ...(incident && { incident }) });
  };

  const failed = (): Outage => {
    if (closed) return known;
    if (requestsAreApart() && watching && clock.now() >= dueAt) lookOrRest();
    failedSince = true;
    if (!watching) {
      watching = true;
      void poll();
    }
    return known;
  };

  const lookOrRest = (): void => {
    if (failedSince) void poll();
    else rest();
  };

  const wait = (): void => {
    dueAt = again();
    // A timer would end with the request that set it: there it is for the next failure to see that the time is up.
    if (requestsAreApart()) return;
    timer = clock.setTimer(() => {
      timer = undefined;
      lookOrRest();
    }, dueAt - clock.now());
    clock.unref?.(timer);
  };

  /** A page that can't be read is read less and less often. */
  const again = (): number => clock.now() + intervalMs * Math.min(2 ** problems, 16) * (0.9 + 0.2 * random());

  const rest = (): void => {
    watching = false;
    known = {};
    problem = undefined;
    tell(undefined);
  };

  const poll = async (): Promise<void> => {
    failedSince = false;
    // Where the look itself ends with its request, the next one is not before this.
    if (requestsAreApart()) dueAt = again();
    const controller = new AbortController();
    looking = controller;
    // Those that failed before there was an answer share in it; an incident that is known stands until then.
    const outage: Outage = known.incident ? {} : known;
    const { signal } = controller;
    const late = (): never => {
      controller.abort(new Error(`it took longer than ${timeoutMs} ms`));
      throw signal.reason;
    };
    try {
      const next = await within(look(signal), { clock, signal, ms: timeoutMs, late, unref: true });
      if (closed) return;
      problems = 0;
      problem = undefined;
      outage.incident = next.incident;
      known = outage.incident ? outage : {};
      tell(next);
    } catch (error) {
      if (closed) return;
      problems++;
      if (!known.incident) known = {};
      problem = redactText(error instanceof Error ? error.message : String(error)).slice(0, 200);
    } finally {
      looking = undefined;
      if (!closed) wait();
    }
  };

  return {
    watches: {
      name: 'statusPage',
      async execute(request, next, context) {
        try {
          const response = await next(request, context);
          if (response.status >= 500 && !isFromElsewhere(request, response)) context.call.outage = failed();
          return response;
        } catch (error) {
          const outcome = errorOutcome(error, context.signal, context.call);
          if (isServersFault(outcome) && !isOutcomeOfAnother(outcome, request)) context.call.outage = failed();
          throw error;
        }
      },
    },
    snapshot: () => ({ watching, ...report, ...(problem !== undefined && { problem }) }),
    close() {
      closed = true;
      watching = false;
      clock.clearTimer(timer);
      looking?.abort(new Error('the client was closed'));
    },
  };
}

/** No answer, no answer in time, or a circuit that remembers it. */
function isServersFault(outcome: Outcome): boolean {
  const code = outcome.kind === 'error' && outcome.code;
  return code === 'CIRCUIT_OPEN' || code === 'DEADLINE_EXCEEDED' || classify(outcome) === 'transient';
}

function same(a: Incident | undefined, b: Incident | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
