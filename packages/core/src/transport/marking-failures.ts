import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { OptionError } from '../options/validate.ts';
import { isResponse } from './is-response.ts';
import { redirectsByHand } from './redirects-by-hand.ts';
import { transportFailure } from './transport-failure.ts';

/** Handlers whose failures of the network are `NetworkError`s already. */
const marking = new WeakSet<Handler>();

/** Records that a handler of ours marks its failures by itself. */
export function marksFailures(handler: Handler): Handler {
  marking.add(handler);
  return handler;
}

/**
 * Wraps a user's transport: its network failures become `NetworkError`s, and where redirects are followed by hand,
 * since the platform would carry credentials to any origin, it is asked for one hop at a time. A transport of ours is
 * returned unchanged.
 */
export function markingFailures(transport: Handler): Handler {
  if (marking.has(transport)) return transport;
  const hop: Handler = async (request, context) => answer(await transport(redirectsByHand(request), context));
  return async (request: Request, context: CallContext): Promise<Response> => {
    // A handler of a composed pipeline may be called with no more of a call than it reads.
    const clock = context.call?.clock;
    const startedAt = clock?.now();
    try {
      if (!context.follow) return answer(await transport(request, context));
      const { follow, ...rest } = context;
      return await follow(request, hop, rest);
    } catch (error) {
      const tookMs = startedAt === undefined ? 0 : clock.now() - startedAt;
      throw transportFailure(error, request, context, { isOwn: true, tookMs });
    }
  };
}

function answer(given: unknown): Response {
  if (isResponse(given)) return given;
  throw new OptionError('transport', given, 'must return a Response');
}
