import {
  anything,
  type Clock,
  checkMembers,
  createCall,
  defaultLevels,
  defused,
  discard,
  emptyBody,
  type Fetch,
  fetchTransport,
  functionOf,
  type Handler,
  httpUrl,
  type Incident,
  messageOf,
  milliseconds,
  OptionError,
  readErrorBody,
} from '@holdfast/core/internal';
import type { Tools } from '../feature/declared.ts';
import { readStatusPage, type StatusReport } from './read-status-page.ts';

/** The API's status page, and how it is read. */
export interface StatusPageOptions {
  /**
   * The page's address, such as `https://status.example.com`, or that of its `summary.json` or `status.json`, in the
   * format of Statuspage.
   */
  readonly url: string | URL;
  /** At most one read in this time, in milliseconds. @defaultValue 30_000 */
  readonly intervalMs?: number;
  /** The time limit of one read, in milliseconds. @defaultValue 5_000 */
  readonly timeoutMs?: number;
  /** The function that sends, in place of the platform's `fetch`. The client's own `fetch` option is not used. */
  readonly fetch?: Fetch;
}

/** A function that finds the open incident, or returns nothing. */
export type StatusReader = (context: {
  readonly signal: AbortSignal;
}) => Incident | undefined | Promise<Incident | undefined>;

/** How to read the page, and how often. */
export interface ResolvedStatusPage {
  readonly look: (signal: AbortSignal) => Promise<StatusReport>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** @throws TypeError or RangeError for options that are invalid, naming path, value and remedy. */
export function resolveStatusPage(
  option: StatusPageOptions | StatusReader,
  { clock, random, where }: Tools,
): ResolvedStatusPage {
  if (typeof option === 'function') {
    return {
      look: async (signal) => reportOf(defused(await option({ signal }))),
      intervalMs: 30_000,
      timeoutMs: 5_000,
    };
  }
  checkMembers(option, where, {
    url: anything,
    intervalMs: milliseconds(1_000),
    timeoutMs: milliseconds(1),
    fetch: functionOf('(request, init) => Promise<Response>'),
  });
  const { url, intervalMs = 30_000, timeoutMs = 5_000, fetch } = option;
  const address = addressOf(url, `${where}.url`);
  return { look: (signal) => lookAt(address, { clock, random, timeoutMs, fetch, signal }), intervalMs, timeoutMs };
}

function addressOf(url: unknown, path: string): string {
  const page = httpUrl(url instanceof URL ? url.href : url);
  if (!page) throw new OptionError(path, url, "must be a URL such as 'https://status.example.com'");
  return page.pathname === '/' ? `${page.origin}/api/v2/summary.json` : page.href;
}

function reportOf(incident: unknown): StatusReport {
  if (incident === undefined || incident === null) return { description: 'no incident' };
  const { title } = Object(incident) as { readonly title?: unknown };
  if (typeof title !== 'string')
    throw new OptionError('statusPage()', incident, 'must return an incident with a title');
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

/** A pipeline without credentials, retries, limits and events: the page belongs to another server. */
async function lookAt(url: string, { clock, random, timeoutMs, fetch, signal }: Look): Promise<StatusReport> {
  const request = new Request(url, {
    headers: { accept: 'application/json' },
    credentials: 'omit',
    // Cloudflare Workers with a compatibility date before November 2024 refuse it.
    ...('cache' in Request.prototype && { cache: 'no-store' as const }),
    referrerPolicy: 'no-referrer',
  });
  const response = await send(request, {
    call: createCall('GET', url, clock),
    attempt: 1,
    signal,
    random,
    emit: {},
    body: emptyBody,
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
    throw new Error(`the status page can't be read: ${messageOf(error)}`);
  }
}
