import { type Handler, ringed, type Strategy } from '../kernel/pipeline.ts';
import { markingFailures, marksFailures } from './marking-failures.ts';

/**
 * Puts the rings around the transport, the first outermost. Done once for a client, not once for a call.
 *
 * @param transport The innermost handler. A failure of the network that it throws becomes a `NetworkError`; its other
 * errors stay unchanged.
 */
export function compose(strategies: readonly Strategy[], transport: Handler): Handler {
  return strategies.length === 0 ? transport : marksFailures(ringed(strategies, markingFailures(transport)));
}
