import { parseDecimal, toWaitMs } from '../server-timing/wait.ts';
import { search, textOf } from './members.ts';
import { parseWaitMember, parseWhen } from './time-forms.ts';

/** A wait that the server asks for. */
export interface Wait {
  readonly waitMs: number;
  /** A header's name, or a member of the body. */
  readonly source: string;
}

/** Exact to the millisecond, so they go before `Retry-After`. */
const millisecondFields = ['retry-after-ms', 'x-ms-retry-after-ms', 'x-amz-retry-after'];
const otherFields = ['x-ratelimit-retry-after', 'x-ratelimit-next'];

/** Reads the wait that a header asks for: one that concerns this request, and not a quota. */
export function readWaitHeader(headers: Headers, wallNowMs: number): Wait | undefined {
  for (const source of millisecondFields) {
    const ms = parseDecimal(headers.get(source));
    if (ms !== undefined) return { waitMs: toWaitMs(ms), source };
  }
  for (const source of ['Retry-After', ...otherFields]) {
    const text = headers.get(source);
    const waitMs =
      text === null
        ? undefined
        : parseWhen(text.split(', ', 1)[0] === text ? text : firstWait(text), headers, wallNowMs);
    if (waitMs !== undefined) return { waitMs, source };
  }
  return undefined;
}

/** Two lines of `Retry-After` arrive as one, joined by a comma; an HTTP date has a comma of its own. */
function firstWait(text: string): string {
  return /^[A-Z][a-z]{2,8}, /.test(text) ? text : (text.split(', ', 1)[0] ?? text);
}

const secondsNames = new Set([
  'retryafter',
  'retryafterseconds',
  'retryinseconds',
  'backoffseconds',
  'retrydelay',
  'ratelimitnext',
]);
const msNames = new Set(['retryafterms', 'retryinms', 'retryafterinms', 'retryaftermilliseconds']);

/** Reads the wait that a JSON body asks for, by the names of its members. */
export function readWaitMember(data: unknown, headers: Headers, wallNowMs: number, status: number): Wait | undefined {
  return search(data, (name, value): Wait | undefined => {
    if (msNames.has(name)) {
      const ms = typeof value === 'number' ? value : parseDecimal(textOf(value, 40) ?? null);
      return ms === undefined || !(ms >= 0) ? undefined : { waitMs: toWaitMs(ms), source: name };
    }
    if (!secondsNames.has(name) && !(name === 'estimatedtime' && status === 503)) return undefined;
    const waitMs = parseWaitMember(value, headers, wallNowMs);
    return waitMs === undefined ? undefined : { waitMs, source: `the body's ${name}` };
  });
}
