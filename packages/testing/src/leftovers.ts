import type { HoldfastEvent } from '@holdfast/core';
import type { ManualClock } from '@holdfast/core/testing';
import type { VirtualTime } from './virtual-time.ts';

/** The part of a client that the kit uses. */
export interface TestableClient {
  on(listener: (event: HoldfastEvent) => void): () => void;
  close(): PromiseLike<void> | void;
}

/**
 * What a test has left behind, as text; empty if nothing is left. A call for which no code waits would continue during
 * the next test, and might make that one fail.
 */
export function leftovers(events: readonly HoldfastEvent[], time: VirtualTime): string[] {
  return [...unendedCalls(events), ...time.leftovers()];
}

/** The timers that are still set although the client is closed, so that they belong to no call. */
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
    if (event.type === 'permit.queued') return `queued: ${subject} waits for a place at ${event.key}`;
    return `not ended: ${subject}, whose last event is ${event.type}`;
  });
}
