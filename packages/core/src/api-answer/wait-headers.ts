import type { HeaderLines } from '../server-timing/header-lines.ts';
import { parseDecimal, toWaitMs } from '../server-timing/wait.ts';
import { firstFound } from './members.ts';
import { parseWhen } from './time-forms.ts';

/** A wait that the server asks for. */
export interface Wait {
  readonly waitMs: number;
  /** A header's name, or a member of the body. */
  readonly source: string;
}

/** Exact to the millisecond, so they go before `Retry-After`. */
const millisecondFields = ['retry-after-ms', 'x-ms-retry-after-ms', 'x-amz-retry-after'];
/** They belong to the headers of a quota, so they say nothing while some of it is left. */
const quotaFields = ['X-RateLimit-Retry-After', 'X-RateLimit-Next', 'X-Rate-Limited-For'];

/**
 * Reads the wait that a header asks for: one that concerns this request, and not a quota. A malformed header is
 * ignored, and the next one is read.
 */
export function readWaitHeader(headers: HeaderLines, wallNowMs: number): Wait | undefined {
  const exact = firstFound(millisecondFields, (source) => {
    const ms = parseDecimal(headers.get(source));
    return ms === undefined ? undefined : { waitMs: toWaitMs(ms), source };
  });
  const own = exact ?? waitIn('Retry-After', headers, wallNowMs);
  if (own || Number(headers.get('x-ratelimit-remaining')) > 0) return own;
  return firstFound(quotaFields, (source) => waitIn(source, headers, wallNowMs));
}

function waitIn(source: string, headers: HeaderLines, wallNowMs: number): Wait | undefined {
  const text = headers.get(source);
  const waitMs = text === null ? undefined : parseWhen(firstLine(text), headers, wallNowMs);
  return waitMs === undefined ? undefined : { waitMs, source };
}

/** Two lines of a header arrive as one, joined by a comma; an HTTP date contains a comma itself. */
function firstLine(text: string): string {
  return /^(?:[A-Z][a-z]{2,8}, )?[^,]*/.exec(text)?.[0] ?? text;
}
