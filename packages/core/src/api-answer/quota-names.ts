/**
 * Servers report quotas under about forty names, which have one thing in common: `ratelimit` or `rate-limit`, one word
 * for the part (limit, remaining, used, reset), and the rest, which names the quota. So the code needs no list of
 * names.
 */

export type QuotaPart = 'limit' | 'remaining' | 'used' | 'reset' | 'resetAfter' | 'bucket';

/** What the name of a header says about a quota. */
export interface QuotaName {
  readonly header: string;
  readonly part: QuotaPart;
  /** What names the quota: `requests`, `tokens`, `daily`, or nothing. */
  readonly rest: string;
  /** `x`, `anthropic`, or nothing: headers of different families are not mixed. */
  readonly family: string;
  /** Of a reset, `rest` with its units: `seconds` names a quota if other headers have it, too. */
  readonly whole?: string;
  /** Its value is in milliseconds from now. */
  readonly isInMs?: true;
  /** No word marks it as a limit: it is one only if there is a remaining part as well, or if its value has both. */
  readonly isVague?: true;
}

const parts: Readonly<Record<string, QuotaPart>> = {
  limit: 'limit',
  max: 'limit',
  remaining: 'remaining',
  remain: 'remaining',
  left: 'remaining',
  available: 'remaining',
  used: 'used',
  observed: 'used',
  usage: 'used',
  reset: 'reset',
  resettime: 'reset',
};
/** Other words in the names of such headers: their values are not numbers of a quota. */
const other =
  /(?:^|-)(?:policy|period|interval|window|scope|global|source|reason|nearlimit|problem|retry|next|cost)(?:-|$)/;
/** Words about the form of a reset: they name no quota. */
const unitWords = /^(?:ms|millis|milliseconds|s|secs?|seconds|time|timestamp|at|in)$/;
/** `x-quota-remaining`, `x-quota-month-limit`: not a quota of bytes or of anything else that is stored. */
const ofQuota =
  /^(x-(?:api-)?)quota-(?=(?:(?:second|minute|hour|day|daily|week|month|monthly|requests?|calls|tokens)-)?(?:limit|remaining|used|reset)$)/;
const bucketWords = new Set(['resource', 'bucket', 'name']);

/** Reads the name of a header; `undefined` if it is not about a quota. */
export function quotaName(header: string): QuotaName | undefined {
  if (!header.includes('limit') && !header.includes('quota')) return undefined;
  const plain = header.toLowerCase().replace('rate-limit', 'ratelimit').replace(ofQuota, '$1ratelimit-');
  const at = plain.indexOf('ratelimit');
  if (at < 0) return callLimit(plain, header);
  const words = plain
    .slice(at + 'ratelimit'.length)
    .split('-')
    .filter((word) => word !== '');
  const family = plain.slice(0, at).replace(/-$/, '');
  if (plain.length > 120 || plain === 'ratelimit' || other.test(words.join('-'))) return undefined;
  const [last = ''] = words.slice(-1);
  if (words.length === 1 && bucketWords.has(last)) return { header, part: 'bucket', rest: '', family };
  if (words.join('-') === 'reset-after') return { header, part: 'resetAfter', rest: '', family };
  const known = words.findIndex((word) => Object.hasOwn(parts, word));
  const index = known < 0 ? words.indexOf('quota') : known;
  if (index >= 0) {
    const part = parts[words[index] ?? ''] ?? 'limit';
    const others = words.filter((_, position) => position !== index);
    return part === 'reset' ? reset(header, others, family) : { header, part, rest: others.join('-'), family };
  }
  const joined = /^(.+)(limit|remaining|used|reset)$/.exec(last);
  if (joined) {
    const rest = [...words.slice(0, -1), joined[1]].join('-');
    return { header, part: joined[2] as QuotaPart, rest, family };
  }
  return { header, part: 'limit', rest: words.join('-'), family, ...(words.length > 0 && { isVague: true }) };
}

/** `reset`, `reset-seconds-org`, `time-reset-ms`. */
function reset(header: string, words: readonly string[], family: string): QuotaName {
  const rest = words.filter((word) => !unitWords.test(word)).join('-');
  const isInMs = words.some((word) => /^m(?:illi)?s/.test(word) || word === 'milliseconds');
  return { header, part: 'reset', rest, family, whole: words.join('-'), ...(isInMs && { isInMs }) };
}

/** `x-minlimit-remaining`, and `x-shop-api-call-limit: 32/40`, where the value holds both. */
function callLimit(plain: string, header: string): QuotaName | undefined {
  const window = /^x-(\w+)limit-(remaining|limit|reset|used)$/.exec(plain);
  if (window) return { header, part: window[2] as QuotaPart, rest: window[1] ?? '', family: 'x' };
  return /limit(?:-info)?$/.test(plain) ? { header, part: 'limit', rest: '', family: plain, isVague: true } : undefined;
}
