import type { HoldfastEvent } from '@holdfast/core';
import type { ManualClock } from '@holdfast/core/testing';
import type { VirtualTime } from './virtual-time.ts';

/** As much of a client as the kit has to know. */
export interface TestableClient {
  on(listener: (event: HoldfastEvent) => void): () => void;
  close(): PromiseLike<void> | void;
  /** What stands in a queue is read from here, where a client has queues. */
  snapshot?(): { readonly limiters?: readonly { readonly key?: string; readonly queued?: number }[] };
}

/**
 * What a test has left behind, in words; empty where all is done. A call that nobody waited for would go on in the next
 * test, and fail that one instead.
 */
export function leftovers(
  client: Pick<TestableClient, 'snapshot'>,
  events: readonly HoldfastEvent[],
  time: VirtualTime,
): string[] {
  return [...unendedCalls(events), ...queued(client), ...time.leftovers()];
}

/** The timers that are set although the client is closed: nobody is left whom they could belong to. */
export function timersLeft({ pending }: ManualClock): readonly string[] {
  return pending === 0 ? [] : [`sleeping: ${pending} timer${pending === 1 ? '' : 's'}, although the client is closed`];
}

function unendedCalls(events: readonly HoldfastEvent[]): readonly string[] {
  const last = new Map<string, HoldfastEvent>();
  for (const event of events) {
    if (event.callId === '') continue;
    if (event.type === 'call.ended') last.delete(event.callId);
    else if (event.type === 'call.started' || last.has(event.callId)) last.set(event.callId, event);
  }
  return [...last.values()].map((event) => {
    const subject = `${event.method} ${event.url}`;
    if (event.type === 'retry.scheduled') return `sleeping: ${subject} waits for ${event.decision.reason}`;
    return `not ended: ${subject}, whose last event is ${event.type}`;
  });
}

function queued({ snapshot }: Pick<TestableClient, 'snapshot'>): readonly string[] {
  return (snapshot?.().limiters ?? []).flatMap(({ key = 'a limiter', queued: count = 0 }) =>
    count > 0 ? [`queued: ${count} call${count === 1 ? '' : 's'} for ${key}`] : [],
  );
}
