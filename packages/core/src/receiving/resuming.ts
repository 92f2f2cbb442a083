import { isPlain } from '../bodies/content-coding.ts';
import { headersAt, noteHeaders } from '../bodies/headers-at.ts';
import type { Handler, Strategy } from '../kernel/pipeline.ts';
import { loadedInTime, type OnDemand } from '../platform/on-demand.ts';
import type { RetryRingOptions } from '../retry/ended.ts';
import { compose } from '../transport/compose.ts';
import { marksFailures } from '../transport/marking-failures.ts';
import { isInMemory } from './in-memory.ts';
import type { withResumedBody } from './resumed-body.ts';

declare module '../kernel/call-context.js' {
  interface CallContext {
    /** The request continues a body that still holds the permit of an earlier attempt, and needs no second one. */
    readonly holdsPermit?: boolean;
  }
}

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /** A GET body that breaks is continued by a range request. @defaultValue false */
    readonly resumeBody?: boolean;
  }
}

/** How long an answer waits for the code that may continue its body, in milliseconds; the answer matters more. */
const longestLoadMs = 1_000;

/**
 * Continues a body that breaks, with `resumeBody`.
 *
 * A download that breaks after 900 of 1000 MB is lost, for fetch and for a retry: there was an answer, and the attempt
 * counts as a success. The server could send the rest. This ring is around the circuit and inside the limiter: a range
 * request is an attempt, but the first one's permit is still held for the body, and with a single permit a second one
 * could never be had.
 *
 * @param resumption The code that continues a body, which is loaded with the first answer that could be continued.
 * @param limiter The ring that a range request passes first, since it counts as a request where a rate is set.
 */
export function resuming(
  inside: Handler,
  resumption: OnDemand<{ withResumedBody: typeof withResumedBody }>,
  { limiter, ...ring }: RetryRingOptions & Limiting,
): Handler {
  const continuing = limiter === undefined ? inside : compose([limiter], inside);
  return marksFailures((request, context) => {
    const answer = inside(request, context);
    const { settings } = context;
    if (settings.resumeBody !== true || request.method !== 'GET' || request.headers.has('range')) return answer;
    return answer.then(async (response) => {
      if (!isResumable(response)) return response;
      const part = await loadedInTime(resumption, context, longestLoadMs);
      if (part === undefined) return response;
      const resumed = part.withResumedBody(response, { request, context, continuing, ring });
      return noteHeaders(resumed, headersAt(response));
    });
  });
}

interface Limiting {
  readonly limiter?: Strategy | undefined;
}

/**
 * Only a strong validator proves that the bytes are the same, and only the bytes of a body without content coding can
 * be counted.
 *
 * @see RFC 9110 sections 8.8.1 and 13.1.5
 */
function isResumable(response: Response): boolean {
  const { status, body, headers } = response;
  if (status !== 200 || !body || body.locked || isInMemory(response)) return false;
  return isStrong(headers.get('etag')) && isPlain(headers) && headers.get('accept-ranges') !== 'none';
}

function isStrong(etag: string | null): etag is string {
  return etag !== null && /^"[^"]*"$/.test(etag);
}

/** The events of bodies that are resumed. */
export interface ResumingEvents {
  /** A body that broke continues from this byte. */
  'body.resumed': { readonly offset: number; readonly total?: number };
}
