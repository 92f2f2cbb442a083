import type { CallContext } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { transportFailure } from './transport-failure.ts';

/** Handlers whose failures of the network are `NetworkError`s already. */
const marking = new WeakSet<Handler>();

/** Notes that a handler of ours marks its failures by itself. */
export function marksFailures(handler: Handler): Handler {
  marking.add(handler);
  return handler;
}

/** The transport, with its network failures as `NetworkError`s; one that marks them itself stays unchanged. */
export function markingFailures(transport: Handler): Handler {
  if (marking.has(transport)) return transport;
  return async (request: Request, context: CallContext): Promise<Response> => {
    try {
      return await transport(request, context);
    } catch (error) {
      throw transportFailure(error, request, context, { isOwn: true });
    }
  };
}
