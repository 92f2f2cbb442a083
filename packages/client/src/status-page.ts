import {
  type Clock,
  classify,
  createCall,
  defaultLevels,
  defused,
  discard,
  type Emit,
  errorOutcome,
  type Fetch,
  fetchTransport,
  functionOption,
  type Handler,
  type Incident,
  noBody,
  noCall,
  numberBetween,
  OptionError,
  type Outage,
  type Outcome,
  optionsObject,
  readErrorBody,
  redactText,
  type Strategy,
  type Timer,
  unlessAborted,
} from '@holdfast/core';
import { readStatusPage, type StatusReport } from './read-status-page.ts';

/** Where the API's status page is. */
export interface StatusPageOptions {
  /**
   * The page's address, such as `https://status.example.com`, or that of its `summary.json` or `status.json`, in the
   * format of Statuspage.
   */
  readonly url: string | URL;
  /** At most one look in so long a time, in milliseconds. @defaultValue 30_000 */
  readonly intervalMs?: number;
  /** A look takes no longer, in milliseconds. @defaultValue 5_000 */
  readonly timeoutMs?: number;
  /** What sends, in place of the platform's `fetch`. The client's own `fetch` has no part in it. */
  readonly fetch?: Fetch;
}

/** Looks by itself: gives the incident that is open, or nothing. */
export type StatusReader = (context: {
  readonly signal: AbortSignal;
}) => Incident | undefined | Promise<Incident | undefined>;

/** What `snapshot()` tells of the status page. Plain JSON. */
export interface StatusSnapshot {
  /** Is it looked at just now, since calls fail? */
  readonly watching: boolean;
  /** What the page said last; absent while calls do not fail. */
  readonly description?: string;
  readonly incident?: Incident;
  /** When it said so, in wall clock milliseconds. */
  readonly checkedAt?: number;
  /** Why the last look came to nothing. */
  readonly problem?: string;
}

export interface StatusPage {
  /** Sees how attempts end; delays none of them. */
  readonly strategy: Strategy;
  snapshot(): StatusSnapshot;
  close(): void;
}

interface Parts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: Emit;
  readonly where: string;
}

/**
 * When an API fails, its status page often knows why, and nobody looks. To poll it all the time would be a request for
 * each client and half minute, for years, to hear that all is well.
 *
 * So the page is looked at only while attempts fail for the server's fault: at once when the first one does, so that the
 * page has answered by the time that the retries have come to nothing, and then once in `intervalMs` for as long as
 * there was a failure since the last look. A call waits for none of it. It stands inside the retries, to see each attempt,
 * and outside the circuit, since an open one hides that the server is down.
 */
export function statusPage(option: StatusPageOptions | StatusReader, parts: Parts): StatusPage {
  const { clock, random, emit } = parts;
  const { look, intervalMs, timeoutMs } = resolve(option, parts);
  /** What the page said last. */
  let report: (StatusReport & { readonly checkedAt: number }) | undefined;
  let known: Outage = {};
  let problem: string | undefined;
  let looking: AbortController | undefined;
  let timer: Timer;
  let watching = false;
  let failedSince = false;
  let problems = 0;
  let closed = false;

  const tell = (next: StatusReport | undefined): void => {
    const before = report?.incident;
    report = next && { ...next, checkedAt: clock.wallNow() };
    if (same(before, next?.incident)) return;
    const description = next?.description ?? 'nothing fails any more';
    const incident = next?.incident;
    emit['status.changed']?.({ call: noCall(clock) }, { description, ...(incident && { incident }) });
  };

  const failed = (): Outage => {
    if (closed) return known;
    failedSince = true;
    if (!watching) {
      watching = true;
      void poll();
    }
    return known;
  };

  const wait = (): void => {
    // A page that can't be read is asked ever less often.
    const ms = intervalMs * Math.min(2 ** problems, 16) * (0.9 + 0.2 * random());
    timer = clock.setTimer(() => {
      timer = undefined;
      if (failedSince) void poll();
      else rest();
    }, ms);
    clock.unref?.(timer);
  };

  const rest = (): void => {
    watching = false;
    known = {};
    problem = undefined;
    tell(undefined);
  };

  const poll = async (): Promise<void> => {
    failedSince = false;
    const controller = new AbortController();
    looking = controller;
    // Those that failed before there was an answer share in it; an incident that is known stands until then.
    const outage: Outage = known.incident ? {} : known;
    const limit = clock.setTimer(() => controller.abort(new Error(`it took longer than ${timeoutMs} ms`)), timeoutMs);
    clock.unref?.(limit);
    try {
      const next = await unlessAborted(look(controller.signal), controller.signal);
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
      clock.clearTimer(limit);
      looking = undefined;
      if (!closed) wait();
    }
  };

  return {
    strategy: {
      name: 'statusPage',
      async execute(request, next, context) {
        try {
          const response = await next(request, context);
          if (response.status >= 500) context.call.outage = failed();
          return response;
        } catch (error) {
          if (isServersFault(errorOutcome(error, context.signal, context.call))) context.call.outage = failed();
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

interface Resolved {
  readonly look: (signal: AbortSignal) => Promise<StatusReport>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

function resolve(option: StatusPageOptions | StatusReader, { clock, random, where }: Parts): Resolved {
  if (typeof option === 'function') {
    return {
      look: async (signal) => reportOf(defused(await option({ signal }))),
      intervalMs: 30_000,
      timeoutMs: 5_000,
    };
  }
  optionsObject(option, where, ['url', 'intervalMs', 'timeoutMs', 'fetch']);
  const { url, intervalMs = 30_000, timeoutMs = 5_000, fetch } = option;
  numberBetween(intervalMs, 1_000, 2 ** 31 - 1, `${where}.intervalMs`, 'milliseconds');
  numberBetween(timeoutMs, 1, 2 ** 31 - 1, `${where}.timeoutMs`, 'milliseconds');
  if (fetch !== undefined) functionOption(fetch, `${where}.fetch`, '(request, init) => Promise<Response>');
  const address = addressOf(url, `${where}.url`);
  return { look: (signal) => lookAt(address, { clock, random, timeoutMs, fetch, signal }), intervalMs, timeoutMs };
}

function addressOf(url: unknown, path: string): string {
  const text = url instanceof URL ? url.href : url;
  const isHttp = typeof text === 'string' && /^https?:\/\//i.test(text) && URL.canParse(text);
  if (!isHttp) throw new OptionError(path, url, "must be a URL such as 'https://status.example.com'");
  const { origin, pathname } = new URL(text);
  return pathname === '/' ? `${origin}/api/v2/summary.json` : text;
}

function reportOf(incident: unknown): StatusReport {
  if (incident === undefined || incident === null) return { description: 'no incident' };
  const { title } = Object(incident) as { readonly title?: unknown };
  if (typeof title !== 'string') throw new OptionError('statusPage()', incident, 'must give an incident with a title');
  return { description: title, incident: Object.freeze({ ...(incident as Incident) }) };
}

interface Look {
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly fetch: Fetch | undefined;
  readonly signal: AbortSignal;
}

const send: Handler = fetchTransport();
const mostBytes = 256 * 1024;

/** A pipeline of its own, without credentials, retries, limits and events: the page is another server's. */
async function lookAt(url: string, { clock, random, timeoutMs, fetch, signal }: Look): Promise<StatusReport> {
  const request = new Request(url, {
    headers: { accept: 'application/json' },
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
  });
  const response = await send(request, {
    call: createCall('GET', url, clock),
    attempt: 1,
    signal,
    random,
    emit: {},
    body: noBody,
    settings: { levels: defaultLevels, timeout: false, totalTimeout: false, ...(fetch && { fetch }) },
  });
  if (!response.ok) {
    discard(response);
    throw new Error(`the status page answered ${response.status}`);
  }
  const { text, truncated } = await readErrorBody(response, { clock, signal, maxBytes: mostBytes, maxMs: timeoutMs });
  if (truncated) throw new Error(`the status page is longer than ${mostBytes} bytes, or was cut short`);
  try {
    return readStatusPage(text);
  } catch (error) {
    throw new Error(`the status page can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
