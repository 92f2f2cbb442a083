import type { CallContext } from '@holdfast/core';
import {
  type BucketWord,
  type ResponseOutcome,
  readBucketWord,
  respectsServerTiming,
} from '@holdfast/core/internal/late';
import { mayReportLimits } from './may-report-limits.ts';

/** How long a server asks for a pause, and the header that says so. */
export interface AskedWait {
  readonly ms: number;
  readonly source: string;
}

const nothing: BucketWord = { names: [], quotas: [] };

/** The server's quotas, which are read only if the answer has one of the common or learned headers. */
export function bucketWordOf(
  outcome: ResponseOutcome,
  context: CallContext,
  known: (headers: Headers) => boolean,
): BucketWord {
  return mayReportLimits(outcome, context) || known(outcome.headers) ? readBucketWord(outcome, context) : nothing;
}

/** The wait that a rate limit or a 503 asks for, in a header or in the body, unless the call's policies ignore it. */
export function waitOf({ status, response, api }: ResponseOutcome, { settings }: CallContext): AskedWait | undefined {
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
