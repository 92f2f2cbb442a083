import {
  type BucketWord,
  type CallContext,
  parseServerTiming,
  readBucketWord,
  respectsServerTiming,
} from '@holdfast/core';

/** How long a server wants to be left alone, and the header that says so. */
export interface AskedWait {
  readonly ms: number;
  readonly source: string;
}

const quotaFields = ['ratelimit', 'ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'];
const nothing: BucketWord = { names: [], quotas: [] };

/**
 * What the server says of its quotas. Most servers say nothing, and say so with each answer: of a success only four names
 * are looked up. A failure is read as a whole.
 */
export function bucketWordOf({ status, headers }: Response, { call }: CallContext): BucketWord {
  const mayTell = status >= 400 || quotaFields.some((name) => headers.has(name));
  return mayTell ? readBucketWord(headers, call.clock.wallNow()) : nothing;
}

/** A 429, 503, 403 or 418 that names a time, unless the call's policies say that it does not count. */
export function waitOf(response: Response, { call, settings }: CallContext): AskedWait | undefined {
  const { status, headers } = response;
  if (status !== 429 && status !== 503 && status !== 403 && status !== 418) return undefined;
  const timing = parseServerTiming(headers, call.clock.wallNow(), status);
  if (timing === undefined || timing.retryAfterMs <= 0) return undefined;
  return respectsServerTiming(settings.levels, response)
    ? { ms: timing.retryAfterMs, source: timing.source }
    : undefined;
}

/** Does the answer say that it concerns all requests of its sender, whatever they ask for? */
export function isGlobal({ headers }: Response): boolean {
  const global = headers.get('x-ratelimit-global')?.trim().toLowerCase();
  return (
    (global !== undefined && global !== 'false' && global !== '0') ||
    headers.get('x-ratelimit-scope')?.trim().toLowerCase() === 'global'
  );
}
