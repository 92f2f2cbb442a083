import { given } from '../kernel/given.ts';
import { parseDecimal, toWaitMs } from '../server-timing/wait.ts';
import type { AnswerParts, ApiAnswer, ApiQuota, Found, Issue } from './api-answer.ts';
import type { Dialect, DialectQuota, Test, Unit } from './dialect.ts';
import { lookUp, textAt, valueAt } from './dialect-path.ts';
import { firstFound } from './members.ts';
import { nowOf, parseWhen } from './time-forms.ts';

/** An answer while the dialects are applied. */
export interface Reading {
  readonly parts: AnswerParts;
  readonly data: unknown;
}

/**
 * The facts of an error that a dialect finds in its own places; they take precedence over those of the general rules.
 */
export function dialectFacts({ error }: Dialect, { parts, data }: Reading): Partial<ApiAnswer> {
  if (error === undefined) return {};
  const found: Record<string, unknown> = {};
  for (const key of ['code', 'message', 'type', 'param', 'requestId', 'helpUrl', 'scope'] as const) {
    const text = textAt(error[key], data, parts.headers);
    if (text !== undefined) found[key] = text;
  }
  const issues = error.issues === undefined ? [] : issuesAt(error.issues, data);
  return { ...found, ...(issues.length > 0 && { issues }) };
}

function issuesAt(where: NonNullable<NonNullable<Dialect['error']>['issues']>, data: unknown): readonly Issue[] {
  const list = valueAt(data, where.list);
  if (!Array.isArray(list)) return [];
  const text = (item: unknown, path: string | undefined): string | undefined =>
    path === undefined ? undefined : textAt([path], item, new Headers());
  return list.slice(0, 100).flatMap((item: unknown): Issue[] => {
    const code = text(item, where.code);
    const message = typeof item === 'string' ? item : (text(item, where.message) ?? code);
    if (message === undefined) return [];
    return [{ path: text(item, where.path) ?? '', message, ...given({ code }) }];
  });
}

/** True if a test holds for an answer, whose code and message have been read by then. */
export function holds(test: Test, { parts, data }: Reading, answer: Found): boolean {
  if (test.status !== undefined && ![test.status].flat().includes(parts.status)) return false;
  if (test.code !== undefined && ![test.code].flat().includes(answer.code ?? '')) return false;
  const place = test.path ?? (test.header === undefined ? undefined : { header: test.header });
  const value = place === undefined ? answer.message : lookUp(place, data, parts.headers);
  if (place !== undefined && (value === undefined || value === null)) return false;
  if ('is' in test && value !== test.is) return false;
  if ('isNot' in test && value === test.isNot) return false;
  // An expression with the flag `g` keeps where it stopped; a search begins at the start.
  return (
    test.text === undefined ||
    String(value ?? '')
      .slice(0, 2000)
      .search(test.text) >= 0
  );
}

/** The wait that a dialect finds in its own place (`found`), or knows from the documentation (`known`). */
export function dialectWait(
  dialect: Dialect,
  reading: Reading,
  answer: Found,
  which: 'found' | 'known',
): number | undefined {
  return firstFound(dialect.wait ?? [], (wait) => {
    if ('ms' in wait !== (which === 'known')) return undefined;
    if (wait.when !== undefined && !holds(wait.when, reading, answer)) return undefined;
    return 'ms' in wait ? wait.ms : timeAt(wait, reading);
  });
}

/** A time in its place in the answer, as milliseconds from now. */
function timeAt({ from, unit }: NonNullable<DialectQuota['reset']>, { parts, data }: Reading): number | undefined {
  return parseUnit(lookUp(from, data, parts.headers), unit, parts);
}

/** Reads a time whose unit is known, as milliseconds from now. */
function parseUnit(value: unknown, unit: Unit, { headers, wallNowMs }: AnswerParts): number | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : undefined;
  if (text === undefined) return undefined;
  if (unit === 'iso' || unit === 'duration') return parseWhen(text, headers, wallNowMs);
  const amount = parseDecimal(text);
  if (amount === undefined) return undefined;
  if (unit === 'ms') return toWaitMs(amount);
  if (unit === 's') return toWaitMs(amount * 1000);
  return toWaitMs((unit === 'epoch' ? amount * 1000 : amount) - wallNowMs);
}

/** The quotas that a dialect finds in its own places. */
export function dialectQuotas(dialect: Dialect, { parts, data }: Reading): readonly ApiQuota[] {
  return (dialect.quotas ?? []).flatMap((quota) => quotaAt(quota, parts, data) ?? []);
}

function quotaAt(quota: DialectQuota, parts: AnswerParts, data: unknown): ApiQuota[] | undefined {
  const amount = (where: DialectQuota['limit']): number | undefined => {
    const value = where === undefined ? undefined : lookUp(where, data, parts.headers);
    return typeof value === 'number' ? value : parseDecimal(typeof value === 'string' ? value.trim() : null);
  };
  const text = (where: DialectQuota['name']): string | undefined =>
    where === undefined ? undefined : textAt([where], data, parts.headers);
  const limit = amount(quota.limit);
  const used = amount(quota.used);
  const remaining = amount(quota.remaining) ?? (limit !== undefined && used !== undefined ? limit - used : undefined);
  const waitMs = quota.reset && timeAt(quota.reset, { parts, data });
  if (limit === undefined && remaining === undefined && waitMs === undefined) return undefined;
  return [
    given({
      bucket: text(quota.bucket) ?? text(quota.name),
      limit,
      remaining: remaining === undefined ? undefined : Math.max(0, remaining),
      resetAt: waitMs === undefined ? undefined : nowOf(parts.wallNowMs) + waitMs,
      counts: quota.counts ?? 'requests',
    }),
  ];
}

/** What a dialect says an answer means. */
export function dialectVerdict(
  dialect: Dialect,
  reading: Reading,
  answer: Found,
): Pick<ApiAnswer, 'kind' | 'retry' | 'applied'> | undefined {
  const verdict = dialect.verdicts?.find(({ when }) => holds(when, reading, answer));
  if (verdict === undefined) return undefined;
  const { kind, retry, applied } = verdict;
  if (retry === undefined) return { kind, ...given({ applied }) };
  return { kind, retry: retry ? 'yes' : 'no', ...given({ applied }) };
}
