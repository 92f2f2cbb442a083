import type { BucketWord, NamedQuota } from '@holdfast/core/internal';
import type { AskedWait } from '../answers/server-word.ts';
import type { AskedPause } from './pauses.ts';
import type { RequestSender } from './request-sender.ts';
import type { Scope } from './scope.ts';

/** The facts of one answer that matter for pauses. */
export interface Answer {
  readonly status: number;
  readonly owner: string;
  /** Absent if the owner's pauses concern all its requests, since `rateLimit.key` is given. */
  readonly route?: { readonly sender: RequestSender; readonly path: string };
  readonly wait: AskedWait | undefined;
  readonly word: BucketWord;
  /** The answer says that the wait concerns all requests. */
  readonly isGlobal: boolean;
  readonly wallNow: number;
}

/**
 * Which pauses does an answer ask for? A refusal concerns the bucket that was refused, and not the whole origin: a
 * used-up quota for searches must not stop all other requests for an hour. So a pause gets the narrowest scope that
 * fits the answer:
 *
 * - a 503 says that the server can't serve: it concerns the origin, and all its senders;
 * - a refusal concerns the bucket that the answer names, else the method and the pattern of the path, always with the
 * credentials that were sent; it concerns all requests with these credentials if the answer says that it is global, or
 * if another path is refused as well;
 * - a quota that is used up concerns its bucket, else the method and the pattern of the path.
 *
 * @param isAnotherRefused Is another path of this owner and sender refused at present?
 */
export function askedPauses(answer: Answer, isAnotherRefused: () => boolean): readonly AskedPause[] {
  const { owner, route, wait, word, wallNow } = answer;
  const usedUp = word.quotas.flatMap((quota) => usedUpUntil(quota, wallNow) ?? []);
  const ofQuotas = usedUp.map(({ quota, ms }) => ({
    scope: scopeOf(owner, route, quota.name),
    ms,
    source: 'quota',
    isRefusal: false,
  }));
  if (!wait) return ofQuotas;
  const refused = refusedScopes(answer, usedUp, isAnotherRefused).map((scope) => ({
    scope,
    ms: wait.ms,
    source: wait.source,
    isRefusal: true,
  }));
  // The wait may include a quota's own reset, since it is the longest of all waits.
  const own = wait.source === 'RateLimit' && route !== undefined && answer.status !== 503 ? ofQuotas : [];
  return own.some(({ scope }) => scope.bucket !== undefined)
    ? own.map((pause) => ({ ...pause, source: wait.source, isRefusal: true }))
    : [...refused, ...ofQuotas.filter(({ scope }) => !refused.some((pause) => isSame(pause.scope, scope)))];
}

function isSame(a: Scope, b: Scope): boolean {
  return a.path === b.path && a.bucket === b.bucket;
}

function refusedScopes(
  { status, owner, route, word, isGlobal }: Answer,
  usedUp: readonly { quota: NamedQuota }[],
  isAnotherRefused: () => boolean,
): readonly Scope[] {
  if (status === 503 || !route) return [{ owner }];
  const everything = { owner, sender: route.sender };
  if (isGlobal) return [everything];
  const named = usedUp.flatMap(({ quota }) => quota.name ?? []);
  const names = named.length > 0 ? named : word.names.length === 1 ? word.names : [];
  if (names.length > 0) return names.map((name) => scopeOf(owner, route, name));
  const ofPath = scopeOf(owner, route, undefined);
  return isAnotherRefused() ? [ofPath, everything] : [ofPath];
}

function scopeOf(owner: string, route: Answer['route'], name: string | undefined): Scope {
  if (!route) return { owner };
  const { sender, path } = route;
  return name === undefined ? { owner, sender, path } : { owner, sender, bucket: name };
}

function usedUpUntil(quota: NamedQuota, wallNow: number): { quota: NamedQuota; ms: number } | undefined {
  const { limit, remaining, resetAt } = quota;
  if (remaining !== 0 || limit === 0 || resetAt === undefined) return undefined;
  const ms = resetAt - wallNow;
  return ms > 0 ? { quota, ms } : undefined;
}
