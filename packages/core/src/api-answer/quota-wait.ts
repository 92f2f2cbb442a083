import { toWaitMs } from '../server-timing/wait.ts';
import type { ApiQuota } from './api-answer.ts';
import { resetSource } from './read-quotas.ts';
import type { Wait } from './wait-headers.ts';

/**
 * The wait for quotas that are used up: the longest, since each of them blocks the request. For a 429, a quota without
 * a figure for what is left counts as well.
 */
export function quotaWait(status: number, quotas: readonly ApiQuota[], wallNowMs: number): Wait | undefined {
  let longest: Wait | undefined;
  for (const each of quotas) {
    const binds = each.remaining === 0 || (each.remaining === undefined && status === 429);
    if (!binds || each.resetAt === undefined) continue;
    const waitMs = toWaitMs(each.resetAt - wallNowMs);
    if (longest === undefined || waitMs > longest.waitMs) longest = { waitMs, source: resetSource(each) };
  }
  return longest;
}
