import type { HoldfastEvent } from '@holdfast/core';
import type { ManualClock } from '@holdfast/core/testing';
import type { VirtualTime } from './virtual-time.ts';

/** As much of a client as the kit has to know. */
export interface TestableClient {
  on(listener: (event: HoldfastEvent) => void): () => void;
  close(): PromiseLike<void> | void;
}

/**
 * What a test has left behind, as text; empty if nothing is left. A call without a waiting caller would continue in the
 * next test, and make that one fail.
 */
export function leftovers(events: readonly HoldfastEvent[], time: VirtualTime): string[] {
  return [...unendedCalls(events), ...time.leftovers()];
}

/** The timers that are still set although the client is closed: no call is left that they could belong to. */
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
