import type { ApiAnswer, ApiQuota, Issue } from './api-answer.ts';
import { kinds } from './kinds.ts';
import { isObject } from './members.ts';

const texts = ['code', 'message', 'type', 'param', 'requestId', 'helpUrl', 'scope'] as const;
const amounts = ['limit', 'remaining', 'resetAt'] as const;

/**
 * What a dialect's `read` returned, without the members that make no sense: a code that is an object, or a wait of
 * `NaN` milliseconds, must not get into a decision.
 */
export function checkedAnswer(given: unknown, source: string): Partial<ApiAnswer> {
  if (!isObject(given)) return {};
  const { kind, waitMs, retry, applied, issues, quotas } = given as Partial<ApiAnswer>;
  const answer: Record<string, unknown> = {};
  for (const key of texts) {
    const value = given[key];
    if (typeof value === 'string' || typeof value === 'number') answer[key] = String(value).slice(0, 2000);
  }
  if (kind !== undefined && kinds.includes(kind)) answer['kind'] = kind;
  if (isAmount(waitMs)) Object.assign(answer, { waitMs: Math.ceil(waitMs), waitSource: source });
  if (retry === 'yes' || retry === 'no') Object.assign(answer, { retry, retrySource: source });
  if (applied === 'no') answer['applied'] = applied;
  if (Array.isArray(issues)) answer['issues'] = issues.slice(0, 100).flatMap(issueOf);
  if (Array.isArray(quotas)) answer['quotas'] = quotas.slice(0, 100).flatMap(quotaOf);
  return answer;
}

function issueOf(given: unknown): Issue[] {
  if (!isObject(given) || typeof given['message'] !== 'string') return [];
  const { path, message, code } = given;
  return [
    {
      path: typeof path === 'string' ? path : '',
      message,
      ...(typeof code === 'string' && { code }),
    },
  ];
}

function quotaOf(given: unknown): ApiQuota[] {
  if (!isObject(given)) return [];
  const quota: Record<string, unknown> = {};
  for (const key of amounts) if (isAmount(given[key])) quota[key] = given[key];
  if (typeof given['bucket'] === 'string') quota['bucket'] = given['bucket'].slice(0, 200);
  if (['requests', 'tokens', 'cost'].includes(String(given['counts']))) quota['counts'] = given['counts'];
  return amounts.some((key) => key in quota) ? [quota] : [];
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
