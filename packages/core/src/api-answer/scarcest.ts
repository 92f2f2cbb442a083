import { given } from '../kernel/given.ts';
import type { ApiQuota, Quota } from './api-answer.ts';

/**
 * The quota that runs out first, without its bucket: the one with the least left; of two with the same, the one that
 * resets later.
 */
export function scarcestQuota(quotas: readonly ApiQuota[]): Quota | undefined {
  let found: ApiQuota | undefined;
  for (const each of quotas) {
    if (found === undefined || isScarcer(each, found)) found = each;
  }
  const { limit, remaining, resetAt } = found ?? {};
  if (limit === undefined && remaining === undefined && resetAt === undefined) return undefined;
  return given({ limit, remaining, resetAt });
}

function isScarcer(a: ApiQuota, b: ApiQuota): boolean {
  const left = (a.remaining ?? Number.POSITIVE_INFINITY) - (b.remaining ?? Number.POSITIVE_INFINITY);
  if (left !== 0 && !Number.isNaN(left)) return left < 0;
  return (a.resetAt ?? 0) > (b.resetAt ?? 0) || (b.limit === undefined && a.limit !== undefined);
}
