import type { CallContext, Dialect, Outcome } from '@holdfast/core';
import { type BucketWord, readBucketWord, respectsServerTiming } from '@holdfast/core/internal';

/** There was an answer. */
export type Heard = Extract<Outcome, { readonly kind: 'response' }>;

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
export function bucketWordOf(heard: Heard, context: CallContext): BucketWord {
  const { status, headers } = heard;
  const mayTell =
    status >= 400 || quotaFields.some((name) => headers.has(name)) || context.settings.dialects?.some(tellsQuotas);
  return mayTell ? readBucketWord(heard, context) : nothing;
}

function tellsQuotas({ quotas }: Dialect): boolean {
  return quotas !== undefined;
}

/** The wait that a rate limit or a 503 asks for, in a header or in the body, unless the call's policies ignore it. */
export function waitOf({ status, response, api }: Heard, { settings }: CallContext): AskedWait | undefined {
  if (status !== 503 && api?.kind !== 'rateLimited' && api?.kind !== 'quotaSpent') return undefined;
  const { waitMs = 0, waitSource = '' } = api ?? {};
  if (waitMs <= 0) return undefined;
  return respectsServerTiming(settings.levels, response) ? { ms: waitMs, source: waitSource } : undefined;
}

/** Does the answer say that it concerns all requests of its sender, whatever they ask for? */
export function isGlobal({ headers }: Response): boolean {
  const global = headers.get('x-ratelimit-global')?.trim().toLowerCase();
  return (
    (global !== undefined && global !== 'false' && global !== '0') ||
    headers.get('x-ratelimit-scope')?.trim().toLowerCase() === 'global'
  );
}
