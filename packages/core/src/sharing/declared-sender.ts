import type { Handler } from '../kernel/pipeline.ts';
import { tagOf } from './tag-of.ts';

/** A text for each transport whose additions to a request are known. */
const senders = new WeakMap<Handler, string>();

/**
 * Declares what a transport adds to requests that may identify the sender.
 *
 * @param through `'anyone'`: nothing. An object, such as a connection pool with a client certificate: the same for all
 * requests that are sent through that object.
 */
export function declareSender(transport: Handler, through: 'anyone' | object): void {
  senders.set(transport, through === 'anyone' ? '' : tagOf(through as object));
}

/** What was declared of a transport; `undefined` if nothing was. */
export function senderOf(transport: Handler): string | undefined {
  return senders.get(transport);
}
