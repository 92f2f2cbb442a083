import { discard } from '../bodies/discard.ts';
import { aboutRequest } from '../errors/about-request.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { redactUrl, shortened, shownUrl } from '../redact/redact.ts';
import { followRedirects } from '../transport/follow-redirects.ts';
import { markingFailures, marksFailures } from '../transport/marking-failures.ts';
import { redirectsByHand } from '../transport/redirects-by-hand.ts';
import type { OriginFence } from './allowed-origins.ts';
import { RequestRefusedError } from './request-refused-error.ts';

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /** Where requests may go at all. @defaultValue anywhere */
    readonly fence?: OriginFence;
    /** The most bytes that the shortcuts for a body read. @defaultValue false */
    readonly maxResponseBytes?: number | false;
  }
}

/**
 * Keeps requests at the origins that the user allows.
 *
 * A path that comes from outside can leave `baseUrl`: `//evil.example`, `\\evil.example` and absolute URLs are resolved
 * to another origin, and the client's headers go along. A check of the call's URL alone is not enough. A hook, a
 * strategy or a failover may send another Request, and a server may redirect. So the check is around the transport,
 * through which everything is sent. Redirects are followed by hand here, and each of their URLs is checked before the
 * request. The client checks the call's own URL once more before the pipeline, so that a request which will be refused
 * takes no token and waits in no queue.
 */
export function fencedTransport(given: Handler): Handler {
  const transport = markingFailures(given);
  return marksFailures((request, context) => {
    const { fence } = context.settings;
    return fence === undefined ? transport(request, context) : within(fence, transport, request, context);
  });
}

/** @throws RequestRefusedError (`DISALLOWED_ORIGIN`) for a URL that `allowedOrigins` does not allow. */
export function refuseOutside(fence: OriginFence, url: string, { call }: Pick<CallContext, 'call'>): void {
  if (fence.allows(url)) return;
  const message = aboutRequest(
    { method: call.method, url: redactUrl(url) },
    (request) => `Refused by allowedOrigins: ${request.trimEnd()}${allowedBy(fence)}`,
  );
  throw new RequestRefusedError({ code: 'DISALLOWED_ORIGIN', call, message, applied: 'no' });
}

function within(fence: OriginFence, transport: Handler, request: Request, context: CallContext): Promise<Response> {
  let first = true;
  const hop: Handler = async (each, inner) => {
    if (first) refuseOutside(fence, each.url, context);
    else if (!fence.allows(each.url)) throw refusedRedirect(fence, context, shownUrl(each.url));
    first = false;
    const response = await transport(redirectsByHand(each), inner);
    if (request.redirect !== 'follow') return response;
    if (response.type === 'opaqueredirect') throw refusedRedirect(fence, context, 'a URL that this platform hides');
    // A user's transport may follow redirects although it was asked not to.
    if (!response.redirected || fence.allows(response.url)) return response;
    discard(response);
    throw refusedRedirect(fence, context, shownUrl(response.url));
  };
  const { follow = followAll, ...rest } = context;
  if (request.redirect !== 'follow') return hop(request, rest);
  return follow(request, hop, rest);
}

const followAll: NonNullable<CallContext['follow']> = (request, send, context) =>
  followRedirects(request, send, context, () => []);

function refusedRedirect(fence: OriginFence, { call }: CallContext, where: string): RequestRefusedError {
  const message = aboutRequest(
    call,
    (request) => `Redirect refused by allowedOrigins: ${request} was redirected to ${where}${allowedBy(fence)}`,
  );
  return new RequestRefusedError({
    code: 'DISALLOWED_ORIGIN',
    call,
    message,
    applied: 'unknown',
    redirected: true,
  });
}

function allowedBy({ names }: OriginFence): string {
  return ` (allowed: ${shortened(names, 500)})`;
}
