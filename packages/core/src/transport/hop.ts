import { aboutRequest } from '../errors/about-request.ts';
import { NetworkError } from '../errors/network-error.ts';
import type { CallContext } from '../kernel/call-context.ts';

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The target of an answer that redirects. */
export function locationOf({ status, headers }: Response): string | null {
  return redirectStatuses.has(status) ? headers.get('location') : null;
}

/** @throws NetworkError for a redirect that a browser does not show. */
export function refuseOpaque({ type }: Response, context: CallContext): void {
  if (type !== 'opaqueredirect') return;
  throw refused(
    context,
    "was redirected, and a browser does not show where; use the URL that it redirects to, or name '*' in authOrigins",
  );
}

/** The error for a redirect that is not followed. */
export function refused({ call }: CallContext, what: string): NetworkError {
  const message = aboutRequest(call, (request) => `${request} ${what}`);
  return new NetworkError({ call, message, reason: 'REDIRECT', permanent: true, applied: 'unknown' });
}
