import type { HeaderLines } from '../server-timing/header-lines.ts';
import type { ApiAnswer, ApiQuota, Kind } from './api-answer.ts';
import { ownWords } from './echo.ts';
import { kindOfStatus, overload } from './server-word.ts';
import { isOverloadStatus } from './statuses.ts';
import type { Wait } from './wait-headers.ts';

/**
 * What happened, and whether the answer itself says to send the request again. The order is the rule: first the server's
 * explicit word, then its code, then the status. A wait that the server gives outranks a word in a text.
 */

/** What the verdict rests on. */
export interface Said {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly message: string | undefined;
  /** From a header or a member of the body; it concerns this very answer. */
  readonly wait: Wait | undefined;
  readonly quotas: readonly ApiQuota[];
  /** Meta's `is_transient`, HubSpot's `policyName` and their like. */
  readonly isTransient: boolean;
  readonly policy: string | undefined;
  /** Google's `errors[0].reason`, which says more than the code beside it. */
  readonly reason?: string | undefined;
}

const throttling =
  /throttl|rate.?limit|slow.?down|too.?many.?(?:requests|calls|attempts|concurrent|connections)|(?:throughput|request.?limit|bandwidth.?limit).?exceeded|^limitexceeded|prior.?request.?not.?complete/i;
/** A code about a limit as the subject of the request: `invalid_rate_limit`, `throttling_policy_not_found`. */
const aboutSettings =
  /invalid|missing|required|unknown|not.?found|duplicate|exists|config|setting|polic(?:y|ies)|rule/i;
const spentCode =
  /insufficient.?(?:quota|balance|credit)|exceeded.?(?:your.?)?(?:current.?)?quota|(?<!su)spend|billing|usage.?cap|daily|monthly|\bday\b/i;
/** No wait brings money. */
const unpaidCode =
  /insufficient.?(?:quota|balance|credit)|billing.?(?:(?:hard|soft).?limit|limit|hold|inactive|disabled|required|not.?(?:active|enabled))|spend.?limit|usage.?cap/i;
/** With a 429 that reports a quota of requests, it is that of a window. */
const quotaCode = /quota.?exceeded/i;
/** With a 429 it is that of a window, as with `TooManyRequests`. */
const requestLimitCode = /request.?limit.?exceeded/i;
/**
 * A limit of a day or a month. `daily` alone may name what was asked for: `Too many requests for the daily report`.
 */
const ofDay = new RegExp(
  [
    String.raw`(?:daily|monthly)(?:[ -](?!for\b)[a-z]+){0,3}?[ -](?:limit|quota|cap|allowance|allotment|budget|credits?|usage|max(?:imum)?|requests?|calls?|tokens?|messages?|queries|units)\b`,
    String.raw`\b(?:limit|quota|allowance|cap)s?\b(?: (?!for\b|on\b|to\b)[\w,'-]{1,40}){0,5} [(]?(?:daily|monthly)\b`,
    String.raw`\b(?:(?:exceed|reach|exhaust|hit|consum)(?:e?d|ing|s)?|used|spent|out of|no)\b(?: (?!for\b|on\b|to\b|in\b)[\w'-]{1,40}){0,4} (?:daily|monthly)\b`,
    String.raw`\b(?:daily|monthly)\b(?: (?!for\b)[\w'-]{1,40}){0,4} (?:exceeded|reached|exhausted|used|left|remaining)\b`,
    String.raw`\bon a (?:daily|monthly) basis\b|\b(?:daily|monthly) [a-z ]{1,40}: ?\d`,
    String.raw`\d [a-z]{1,40} (?:daily|monthly)\b`,
    String.raw`\b(?:day|month) (?:limit|quota)\b|\b(?:limited|limit|quota):? (?:day|month)\b`,
  ].join('|'),
  'i',
);
const spentText =
  /insufficient.?(?:quota|balance|credits?)|\b(?:usage.?cap|spending|tomorrow)\b|\bspend\b.{0,20}(?:limit|cap|budget|reached|exceeded)|\b(?:max|exceed(?:ed|s)?) (?:\w+ )?spend\b|\bbilling (?:details|(?:\w+ ){0,2}limit|account|cycle|period|plan|information|is)\b|\b(?:enable|activate|requires?) billing\b|\b(?:per|a|current|this) ?(?:1 )?(?:day|month)\b|\bout of (?:[\w',-]{1,40} ){0,4}(?:requests?|calls|tokens|messages|e?mails|queries|units|credits?|quota) for the (?:day|month)(?=[.,;!]|$)|(?:^|[\s(:="'[<])\d[\d.,]* ?[a-z]* ?\/ ?(?:day|month)\b|(?<![/\w])(?:requests?|calls|tokens|messages|e?mails|queries|units|credits) ?\/ ?(?:day|month)\b/i;
/**
 * A limit per second or minute passes soon, whatever else the text mentions: `Limit: 3 / min. Add a payment method
 * under …/billing`.
 */
const shortWindow = /(?:per|\/) ?(?:second|sec|minute|min|s|m)\b|\btry again in\b/i;
/**
 * A sentence that says that the request itself came too soon, where there is no code that says so. Further inside, and
 * in quotes, the words may be those of the caller: `A webhook named "rate limit exceeded" exists`.
 */
const limitText =
  /(?:^(?:\S{1,60}: |[^"'`]{0,60}\b(?:error|exception|denied|forbidden|failed|permitted|4\d\d)\b\)?(?::| -) )?|[)\].;!] )(?:[\w-]{1,40} ){0,4}rate limit (?:was |has been |is )?(?:hit|exceeded|reached)\b/i;
const transient = /^request.?timeout|^transaction.?in.?progress/i;

/** Statuses of a rate limit that has a name; 420 is older than 429. */
const refusals: ReadonlySet<number> = new Set([400, 403, 418, 420]);

/** True if a quota is used up. */
function isUsedUp(quotas: readonly ApiQuota[]): boolean {
  return quotas.some(({ remaining }) => remaining === 0);
}

export function kindOf(said: Said): Kind {
  const { status, code, type, wait } = said;
  const resets = said.quotas.some(({ remaining, resetAt }) => remaining === 0 && resetAt !== undefined);
  const mayBeQuota = isAboutQuota(status) || status === 403 || status === 418 || isSpentToken(status, code);
  // What asks for money is no window, even if its quota has a reset.
  const isUnpaid = status === 402 || unpaidCode.test(`${code ?? ''} ${wordOf(type)}`);
  const passes = (wait !== undefined || resets) && !isUnpaid;
  if (mayBeQuota && !passes && isSpent(said)) return 'quotaSpent';
  if (status === 429) return 'rateLimited';
  // The code of a throttle, with a text about the quota of a day.
  if (isThrottle(said, resets)) return !passes && speaksOfDay(said.message) ? 'quotaSpent' : 'rateLimited';
  return kindOfStatus(status, code ?? type ?? '');
}

function isSpent(said: Said): boolean {
  const { status, code, message, policy, reason } = said;
  const words = `${code ?? ''} ${wordOf(said.type)} ${policy ?? ''} ${reason ?? ''}`;
  if (status === 402 && /\bquota\b/i.test(message ?? '')) return true;
  return (namesSpent(words, said) && !throttlesFirst(code)) || (isAboutQuota(status) && speaksOfSpent(message));
}

/** Of a type that is an address, the last part says what happened; the others name a host and its pages. */
function wordOf(type = ''): string {
  return /^[a-z]+:\S+$/i.test(type) ? (/([^/#:]+)[/#:]*$/.exec(type)?.[1] ?? '') : type;
}

function namesSpent(words: string, { status, quotas }: Said): boolean {
  if (spentCode.test(words)) return true;
  if (status === 429 && quotas.length > 0) return false;
  return quotaCode.test(words) || (status !== 429 && requestLimitCode.test(words));
}

function isAboutQuota(status: number): boolean {
  return status === 429 || status === 402;
}

/** A few APIs report a spent quota with a 401. */
function isSpentToken(status: number, code = ''): boolean {
  return status === 401 && /quota.?exceeded|insufficient.?quota|usage.?cap/i.test(code);
}

function speaksOfSpent(message = ''): boolean {
  const words = ownWords(message);
  return (spentText.test(words) || ofDay.test(words)) && !shortWindow.test(message);
}

function speaksOfDay(message = ''): boolean {
  return ofDay.test(ownWords(message)) && !shortWindow.test(message);
}

function namesThrottle(word = ''): boolean {
  return throttling.test(word) && !aboutSettings.test(word);
}

/** A limit that is exceeded, in an answer whose quota is used up. */
function namesLimit(code = ''): boolean {
  return /limit.?(?:exceeded|reached)/i.test(code);
}

/** `rateLimitExceeded` and similar codes name a window, whatever else their name contains. */
function throttlesFirst(code: string | undefined): boolean {
  return /rate.?limit/i.test(code ?? '') && !/daily|monthly/i.test(code ?? '');
}

function isThrottle(said: Said, resets: boolean): boolean {
  const { status, code, message, wait, quotas, isTransient, reason } = said;
  const type = wordOf(said.type);
  if (status < 400) return namesThrottle(code);
  if (status >= 500) return status === 503 && namesThrottle(code);
  if ((status === 403 || status === 418) && (wait !== undefined || resets)) return true;
  const isLimit = (isTransient && /\blimit/i.test(message ?? '')) || limitText.test(message ?? '');
  const named =
    isLimit || namesThrottle(code) || namesThrottle(type) || namesThrottle(reason) || (resets && namesLimit(code));
  return named && refusals.has(status) && !(isUsedUp(quotas) && !resets && !wait);
}

/** Whether to send it again, where the code says more than the status does. */
export function retryOf(said: Said, kind: Kind): 'yes' | 'no' | undefined {
  if (kind === 'quotaSpent') return 'no';
  const { status, code, isTransient } = said;
  if (status === 449 || isTransient || (status === 400 && transient.test(code ?? ''))) return 'yes';
  return kind === 'rateLimited' && status !== 429 ? 'yes' : undefined;
}

/**
 * `no` if the answer proves that the server did nothing: a rate limit, a refusal with its own wait, or a 529 in which
 * the API itself says that it was overloaded.
 */
export function appliedOf(kind: Kind, { status, code, type, wait }: Said): ApiAnswer['applied'] {
  if (kind === 'rateLimited' || kind === 'quotaSpent') return 'no';
  if (status === 529 && overload.test(`${code ?? ''} ${type ?? ''}`)) return 'no';
  return wait !== undefined && isOverloadStatus(status) ? 'no' : undefined;
}
