import { type CallContext, parseQuota, parseServerTiming, type Quota, respectsServerTiming } from '@holdfast/core';

/** How long a server wants to be left alone, and the header that says so. */
export interface AskedPause {
  readonly ms: number;
  readonly source: string;
}

/** What the server says of its quota; most say nothing: four names to be asked for, and nothing to be parsed. */
export function quotaOf({ headers }: Response, { call }: CallContext): Quota | undefined {
  return quotaFields.some((name) => headers.has(name)) ? parseQuota(headers, call.clock.wallNow()) : undefined;
}

const quotaFields = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'];

/** A 429 or a 503 that names a time, unless the call's policies say that it does not count. */
export function pauseOf(response: Response, { call, settings }: CallContext): AskedPause | undefined {
  const { status, headers } = response;
  if (status !== 429 && status !== 503) return undefined;
  const timing = parseServerTiming(headers, call.clock.wallNow());
  if (timing === undefined || timing.retryAfterMs <= 0) return undefined;
  return respectsServerTiming(settings.levels, response)
    ? { ms: timing.retryAfterMs, source: timing.source }
    : undefined;
}

/** A quota of which nothing is left pauses before the first 429 does. */
export function pauseUntilReset({ remaining, resetAt }: Quota, { call }: CallContext): AskedPause | undefined {
  const ms = remaining === 0 && resetAt !== undefined ? resetAt - call.clock.wallNow() : 0;
  return ms > 0 ? { ms, source: 'quota' } : undefined;
}
