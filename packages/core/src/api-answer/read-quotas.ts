import { given } from '../kernel/given.ts';
import type { HeaderLines } from '../server-timing/header-lines.ts';
import { bucketOf, readQuotaPolicies, readServiceLimits } from '../server-timing/rate-limit-fields.ts';
import { parseDecimal, toWaitMs } from '../server-timing/wait.ts';
import type { AnswerParts, ApiQuota } from './api-answer.ts';
import { type QuotaName, type QuotaPart, quotaName } from './quota-names.ts';
import { nowOf, parseWhen } from './time-forms.ts';

/** The parts of one quota, as texts. */
type Group = { -readonly [P in QuotaPart]?: string } & {
  rest: string;
  family: string;
  resetHeader?: string;
  isInMs?: boolean;
  isVague?: boolean;
};

/** The header that says when a quota resets. */
const resetSources = new WeakMap<ApiQuota, string>();

/** Where the reset of a quota was given: a header's name, or `quota`. */
export function resetSource(quota: ApiQuota): string {
  return resetSources.get(quota) || 'quota';
}

/** `x-ratelimit-reset` as it is written in documentation: `X-RateLimit-Reset`. */
function titleOf(header: string): string {
  return header.replace(/ratelimit|[a-z]+/g, (word) =>
    word === 'ratelimit' ? 'RateLimit' : `${word[0]?.toUpperCase()}${word.slice(1)}`,
  );
}

/**
 * Reads every quota in the headers of an answer. A limit of 0 or -1 means "unlimited", and the quota is left out; of a
 * 429 the quota counts all the same, since the server has just refused by it.
 */
export function readQuotas(headers: HeaderLines, wallNowMs: number, status = 200): readonly ApiQuota[] {
  const names: QuotaName[] = [];
  for (const [header] of headers) {
    const name = quotaName(header);
    if (name) names.push(name);
    if (names.length >= mostNames) break;
  }
  return readQuotasOf(names, { headers, wallNowMs, status });
}

/** True if the server names the bucket in the quota itself: as the policy of a `RateLimit` field. */
export function isOfPolicy(quota: ApiQuota): boolean {
  return quota.bucket !== undefined && resetSources.get(quota) === 'RateLimit';
}

/** How many headers about quotas are read: more than any server sends. */
const mostNames = 100;

/**
 * The headers whose names say that they are about quotas, grouped by family: the headers of a family are sent together.
 */
export function quotaHeaders(headers: HeaderLines): readonly string[] {
  const byFamily = new Map<string, string>();
  for (const [header] of headers) {
    const name = quotaName(header);
    if (name && name.part !== 'bucket') byFamily.set(name.family, header);
  }
  return [...byFamily.values()].slice(0, mostFamilies);
}

const mostFamilies = 4;

/** The answer whose quotas are read. */
type Answered = Pick<AnswerParts, 'wallNowMs' | 'status'> & { readonly headers: HeaderLines };

/** Reads the quotas of these headers. */
function readQuotasOf(names: readonly QuotaName[], answer: Answered): readonly ApiQuota[] {
  const named = readServiceQuotas(answer);
  if (names.length === 0) return named;
  const groups = new Map<string, Group>();
  const buckets = new Map<string, string>();
  for (const name of names) {
    const { header, part, family, isVague, isInMs } = name;
    const value = answer.headers.get(header);
    if (value === null) continue;
    if (part === 'bucket') buckets.set(family, value.slice(0, 200));
    const rest = restOf(name, names);
    const key = `${family} ${rest}`;
    const group = groups.get(key) ?? { rest, family };
    groups.set(key, group);
    if (isVague) group.isVague = true;
    // Of `reset` and `reset-ms` the first is read, by its own unit.
    if (group[part] !== undefined) continue;
    group[part] = value;
    if (isInMs) group.isInMs = true;
    if (part === 'reset' || part === 'resetAfter') group.resetHeader = header;
  }
  const quotas = complete([...groups.values()]).flatMap((group) => quotasOf(group, buckets.get(group.family), answer));
  return [...named, ...quotas];
}

/** `reset-seconds` beside `remaining-seconds` is that of a window; alone it is a reset in seconds. */
function restOf({ whole, rest, family }: QuotaName, names: readonly QuotaName[]): string {
  const isOfWindow = names.some((other) => other.part !== 'reset' && other.family === family && other.rest === whole);
  return whole !== undefined && isOfWindow ? whole : rest;
}

/**
 * A limit, remaining part or reset whose name fits no other header belongs to the one quota of its family that lacks
 * it.
 */
function complete(groups: readonly Group[]): readonly Group[] {
  const whole = groups.filter((group) => partsOf(group).length > 0 && !isNoQuota(group));
  if (whole.length !== 2) return whole;
  const single = whole.filter((group) => partsOf(group).length === 1 && !group.limit?.includes('/'));
  for (const lone of single) {
    const [part] = partsOf(lone);
    if (part === undefined) continue;
    const others = whole.filter((group) => group !== lone && group[part] === undefined && partsOf(group).length > 0);
    const [other] = others;
    if (other === undefined) continue;
    other[part] = lone[part] as string;
    if (lone.resetHeader !== undefined) other.resetHeader = lone.resetHeader;
    if (lone.isInMs) other.isInMs = true;
    return [other];
  }
  return whole;
}

/** A number under a name that may mean something else: `x-ratelimit-version: 2`, `x-page-limit: 20`. */
function isNoQuota({ isVague, remaining, used, limit = '' }: Group): boolean {
  return isVague === true && remaining === undefined && used === undefined && !both.test(limit);
}

function partsOf(group: Group): readonly QuotaPart[] {
  return (['limit', 'remaining', 'used', 'reset', 'resetAfter'] as const).filter((part) => group[part] !== undefined);
}

/** `32/40`, `api-usage=18/5000`. */
const both = /^\s*(?:[\w-]{1,40}=)?(\d{1,15})\s*\/\s*(\d{1,15})\s*$/;

/** True if the server says that there is no limit, and has not refused by it. */
function isUnlimited(limit: string | number | undefined, { status }: Answered): boolean {
  return status !== 429 && /^(?:0|-1|unlimited|infinity|none)$/i.test(String(limit ?? '').trim());
}

function quotasOf(group: Group, bucket: string | undefined, answer: Answered): readonly ApiQuota[] {
  const usedOfLimit = both.exec(group.limit ?? '');
  if (usedOfLimit) {
    const limit = Number(usedOfLimit[2]);
    return isUnlimited(limit, answer) ? [] : [{ limit, remaining: Math.max(0, limit - Number(usedOfLimit[1])) }];
  }
  if (isUnlimited(group.limit, answer)) return [];
  const columns = (group.remaining ?? group.used ?? '').split(',').length;
  return Array.from({ length: Math.min(columns, 10) }, (_, column) => column).flatMap((column) => {
    const limit = numberIn(group.limit, column);
    if (isUnlimited(limit, answer)) return [];
    const used = numberIn(group.used, column);
    const remaining =
      numberIn(group.remaining, column) ??
      (limit !== undefined && /^\s*-\d/.test(group.remaining ?? '') ? 0 : undefined) ??
      (limit !== undefined && used !== undefined ? Math.max(0, limit - used) : undefined);
    const waitMs = resetOf(group, column, answer);
    if (limit === undefined && remaining === undefined && waitMs === undefined) return [];
    const name = bucket ?? (whatIsCounted.test(group.rest) ? undefined : group.rest);
    const resetAt = waitMs === undefined ? undefined : nowOf(answer.wallNowMs) + waitMs;
    const found: ApiQuota = given({ bucket: name, limit, remaining, resetAt, counts: countsOf(group.rest) });
    resetSources.set(found, titleOf(group.resetHeader ?? ''));
    return [found];
  });
}

function numberIn(text: string | undefined, column: number): number | undefined {
  const part = text?.split(',')[column]?.split(';', 1)[0]?.trim();
  return parseDecimal(part ?? null);
}

function resetOf(
  { reset, resetAfter, isInMs }: Group,
  column: number,
  { headers, wallNowMs }: Answered,
): number | undefined {
  const after = parseDecimal(resetAfter ?? null);
  if (after !== undefined) return toWaitMs(after * 1000);
  if (reset === undefined) return undefined;
  const ms = isInMs ? parseDecimal(reset) : undefined;
  if (ms !== undefined && ms < firstEpochMs) return toWaitMs(ms);
  const own = /^[\d., ]+$/.test(reset) ? (reset.split(',')[column] ?? '') : reset;
  return parseWhen(own.trim(), headers, wallNowMs);
}

/** From here on a number is a moment. */
const firstEpochMs = 1e11;

/** A name that says what is counted names no bucket. */
const whatIsCounted = /^(?:requests?|tokens?|complexity|cost|points)?$/;

function countsOf(rest: string): ApiQuota['counts'] {
  if (rest.includes('token')) return 'tokens';
  return /complexity|cost|points/.test(rest) ? 'cost' : 'requests';
}

/** The `RateLimit` and `RateLimit-Policy` fields of the IETF draft. */
function readServiceQuotas(answer: Answered): readonly ApiQuota[] {
  const { headers, wallNowMs } = answer;
  const limits = readServiceLimits(headers).slice(0, mostNames);
  if (limits.length === 0) return [];
  const policies = readQuotaPolicies(headers);
  const only = /(?:^|;)\s*q=(\d{1,15})/.exec(headers.get('ratelimit-policy') ?? '')?.[1];
  return limits.flatMap((each) => {
    const { policy, remaining, limit, resetSeconds } = each;
    const granted = limit ?? policies.get(policy)?.limit ?? (policies.size === 0 && only ? Number(only) : undefined);
    const resetAt = resetSeconds === undefined ? undefined : nowOf(wallNowMs) + toWaitMs(resetSeconds * 1000);
    const unit = policies.get(policy)?.unit ?? 'requests';
    // What is left of 300 MB can't be compared with what is left of 100 requests; with nothing left, both block.
    const isComparable = unit === 'requests' || unit === 'tokens' || remaining === 0;
    if (!isComparable || isUnlimited(granted, answer)) return [];
    const bucket = bucketOf(each);
    const counts = unit === 'tokens' ? 'tokens' : unit === 'requests' ? 'requests' : 'cost';
    const found: ApiQuota = given({ bucket, limit: granted, remaining, resetAt, counts });
    resetSources.set(found, 'RateLimit');
    return [found];
  });
}
