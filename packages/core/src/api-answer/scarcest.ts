import { given } from '../kernel/given.ts';
import type { ApiQuota, Quota } from './api-answer.ts';

/** The quota that runs out first: the one with the least left; of two with the same, the one that resets later. */
export function scarcest(quotas: readonly ApiQuota[]): ApiQuota | undefined {
  let found: ApiQuota | undefined;
  for (const each of quotas) {
    if (found === undefined || isScarcer(each, found)) found = each;
  }
  return found;
}

function isScarcer(a: ApiQuota, b: ApiQuota): boolean {
  const left = (a.remaining ?? Number.POSITIVE_INFINITY) - (b.remaining ?? Number.POSITIVE_INFINITY);
  if (left !== 0 && !Number.isNaN(left)) return left < 0;
  return (a.resetAt ?? 0) > (b.resetAt ?? 0) || (b.limit === undefined && a.limit !== undefined);
}

/** A quota without its bucket; `undefined` for none. */
export function plainQuota(quota: ApiQuota | undefined): Quota | undefined {
  const { limit, remaining, resetAt } = quota ?? {};
  if (limit === undefined && remaining === undefined && resetAt === undefined) return undefined;
  return given({ limit, remaining, resetAt });
}
