import { furtherHops } from '#further-hops';
import { discard } from '../bodies/discard.ts';
import { withoutIntegrity } from '../bodies/without-integrity.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import type { Carry } from './further-hops.ts';
import { locationOf, refused, refuseOpaque } from './hop.ts';

/**
 * Follows redirects by hand, since fetch carries every header but `Authorization` and `Cookie` to whatever origin an
 * answer names: an API key in `x-api-key` would leak by one open redirect.
 *
 * A browser shows no redirect to a page (`opaqueredirect`), so there the call fails with that reason. A user's own
 * `fetch` may show one all the same: then a page loads the code that follows it.
 */
export async function followRedirects(
  request: Request,
  next: Handler,
  context: CallContext,
  carry: Carry,
): Promise<Response> {
  const manual: CallContext = { ...context, init: { ...context.init, redirect: 'manual' } };
  const sent = withoutIntegrity(request);
  const response = await next(context.body.kind === 'request' ? sent.clone() : sent, manual);
  refuseOpaque(response, context);
  if (request.integrity === '' && locationOf(response) === null) return response;
  const further = furtherHops.loaded ?? (await furtherHops.load(context.call.clock).catch(() => undefined));
  if (further) return further.followFrom({ response, sent, asked: request, next, context: manual, carry });
  discard(response);
  throw refused(context, 'was redirected, and the code that follows redirects could not be loaded');
}
