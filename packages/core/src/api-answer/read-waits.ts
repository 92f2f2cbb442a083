import type { HeaderLines } from '../server-timing/header-lines.ts';
import { parseDecimal, toWaitMs } from '../server-timing/wait.ts';
import { isEcho, isEnvelope } from './echo.ts';
import { isPlaced } from './issue-path.ts';
import { firstOf, type Members, membersOf, plainName, search, textOf } from './members.ts';
import { parseWaitMember } from './time-forms.ts';
import type { Wait } from './wait-headers.ts';

/** `retry_after`, `retryAfterSec`, `retryDelay`; `retry_in_seconds`, `wait_seconds`, `backoff_ms`, which need a unit. */
const waitName =
  /^(?:retry(?:after|delay)(?:in)?(secs?|seconds?|ms|millis(?:econds)?)?|(?:retryin|wait|waittime|backoff)(?:in)?(secs?|seconds?|ms|millis(?:econds)?)|ratelimitnext)$/;

/**
 * Members that are about the error, the limit or the answer. A wait within any other one, such as a job of the caller's
 * that has a `retry_after`, is not asked for.
 */
const mayHoldWait =
  /error|fault|exception|fail|problem|reason|cause|issue|detail|debug|meta|info|context|extension|extra|violation|block|penalt|window|policy|usage|hint|lock|toomany|captcha|maintenance|^(?:data|parameters|response|result|output|status|message|api|ban|cooldown)$|^rat(?:e|ing)|limit|throttl|quota|retry|backoff|wait/;

/** Most members are no wait, which their first letters show. */
const mayBeWait = /^(?:r(?:etry|atel)|wait|back)/;

/** The answers of a batch are looked at up to this one. */
const mostAnswers = 50;

/** Reads the wait that a JSON body asks for, by the names of its members; of the answers of a batch, the longest. */
export function readWaitMember(
  data: unknown,
  headers: HeaderLines,
  wallNowMs: number,
  status: number,
): Wait | undefined {
  if (!Array.isArray(data) || data.length === 1) return waitIn(data, headers, wallNowMs, status);
  const waits = data.slice(0, mostAnswers).flatMap((one: unknown) => waitIn(one, headers, wallNowMs, status) ?? []);
  return waits.sort((a, b) => b.waitMs - a.waitMs)[0];
}

/** Statuses that refuse a request for now. */
const refusals: ReadonlySet<number> = new Set([429, 503, 529]);

/**
 * With any other status, a wait decides whether the answer is a refusal at all: it counts only in the error
 * itself, and not in `meta` or `context`.
 */
const holdsRefusal =
  /^(?:errors?(?:data|info|extra|details?)?|fault|problem|details?|debug|parameters|extensions|rate)$/;

/** Beside a path, `data` is the value at that path; elsewhere in an error it is that of the error. */
function mayHold(name: string, beside: Members, isIn: RegExp, root: Members): boolean {
  const isRefused = isIn === mayHoldWait;
  if (name === 'data') return !isPlaced(beside) && (isRefused || beside.has('code'));
  // What stands alone is an envelope.
  const isAlone = beside === root && root.size === 1;
  if (isEcho(name)) return isRefused && isEnvelope(name, beside, isAlone);
  return isIn.test(name) || (isRefused && isAlone);
}

function waitIn(data: unknown, headers: HeaderLines, wallNowMs: number, status: number): Wait | undefined {
  const isIn = refusals.has(status) ? mayHoldWait : holdsRefusal;
  const root = membersOf(data);
  return search(
    data,
    (name, value, holder): Wait | undefined => {
      const wait = mayBeWait.test(name) ? waitName.exec(name) : null;
      if ((wait?.[1] ?? wait?.[2] ?? '').startsWith('m')) {
        const ms = numberOf(value);
        return ms === undefined || !(ms >= 0) ? undefined : { waitMs: toWaitMs(ms), source: sourceOf(holder, name) };
      }
      if (!wait && !(name === 'estimatedtime' && status === 503)) return undefined;
      const waitMs = parseWaitMember(value, headers, wallNowMs);
      return waitMs === undefined ? undefined : { waitMs, source: sourceOf(holder, name) };
    },
    (name, beside) => mayHold(name, beside, isIn, root),
  );
}

const resetName =
  /^(?:(?:rate|limit|quota|window)?resets?(?:at|in|time|after)?(?:(?:in)?(secs?|seconds?|ms|millis(?:econds)?))?)$/;
/** Where an answer says what its limit is: by these names, in a limit, and by these in what may be the caller's as well. */
const limitNames = ['ratelimit', 'ratelimits', 'limit', 'quota'];
const vagueNames = ['details', 'data', 'meta'];
const remainingName = /^(?:requests?|calls|tokens)?(?:remaining|left)(?:requests?|calls|tokens)?$/;
/** With such a member, a limit says how far it is used, in whatever form. */
const usageName = /remain|left|avail|us(?:ed|age)|consum|spent|current|count/;
/** A limit that does not say that it is used up is waited for only if its reset is this near. */
const longestGuessedMs = 3_600_000;

/**
 * Reads when the limit that refused the request is reset: `rate_limit.reset_seconds`, or `reset_at` beside
 * `remaining: 0`. Only in the error itself and one step below, and not in a list, where it may be one limit of several.
 *
 * @param hasLeft Whether a header says that something is left of a limit.
 */
export function readResetMember(
  data: unknown,
  headers: HeaderLines,
  wallNowMs: number,
  hasLeft: boolean,
): Wait | undefined {
  for (const outer of [data, membersOf(data).get('error')]) {
    for (const name of ['', ...limitNames, ...vagueNames]) {
      const holder = name === '' ? outer : membersOf(outer).get(name);
      const isSpent = saysSpent(membersOf(holder), vagueNames.includes(name));
      if (!isSpent && (hasLeft || !limitNames.includes(name) || saysUsage(membersOf(holder)))) continue;
      const wait = resetIn(holder, headers, wallNowMs);
      if (wait && (isSpent || wait.waitMs <= longestGuessedMs)) return wait;
    }
  }
  return undefined;
}

function saysUsage(limit: Members): boolean {
  return [...limit.keys()].some((name) => usageName.test(name));
}

/** What is left decides, and only without it what is used. */
function saysSpent(limit: Members, isVague: boolean): boolean {
  const remaining = [...limit.keys()].filter((name) => remainingName.test(name));
  if (remaining.length > 0 || isVague) return remaining.some((name) => numberOf(limit.get(name)) === 0);
  const used = firstOf(limit, ['used', 'usage', 'consumed', 'current', 'count'], numberOf) ?? 0;
  return used > 0 && used >= (firstOf(limit, ['limit', 'max'], numberOf) ?? Number.POSITIVE_INFINITY);
}

function resetIn(holder: unknown, headers: HeaderLines, wallNowMs: number): Wait | undefined {
  for (const [name, value] of membersOf(holder)) {
    const found = resetName.exec(name);
    if (!found) continue;
    const ms = found[1]?.startsWith('m') ? numberOf(value) : undefined;
    const isWait = ms !== undefined && ms >= 0 && ms < firstMomentMs;
    const waitMs = isWait ? toWaitMs(ms) : parseWaitMember(value, headers, wallNowMs);
    if (waitMs !== undefined) return { waitMs, source: sourceOf(holder, name) };
  }
  return undefined;
}

/** From here on a number of milliseconds is a moment. */
const firstMomentMs = 1e11;

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : parseDecimal(textOf(value, 40) ?? null);
}

/** The member as the server has written it, unless that is too strange to be shown. */
function sourceOf(holder: unknown, name: string): string {
  const written = Object.keys(holder as object).find((key) => plainName(key) === name && /^[\w.:-]{1,60}$/.test(key));
  return `the body's ${written ?? name}`;
}
