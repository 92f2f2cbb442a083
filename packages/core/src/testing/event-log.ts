import type { HoldfastEvent } from '../kernel/events.ts';

export interface EventLog {
  readonly events: readonly HoldfastEvent[];
  /** A line for each event, without times and ids: a transcript to compare with. */
  readonly lines: readonly string[];
  /** Stops listening. */
  stop(): void;
}

/** Records all events of a client, or of any object with `on(listener)`. */
export function eventLog(source: { on(listener: (event: HoldfastEvent) => void): () => void }): EventLog {
  const events: HoldfastEvent[] = [];
  const stop = source.on((event) => events.push(event));
  return {
    events,
    get lines() {
      return events.map(describeEvent);
    },
    stop,
  };
}

/** One event as one line: `attempt.ended 1: 503`, `retry.scheduled 1: 503 → retry 1 of 2 in 250 ms (backoff)`. */
export function describeEvent(event: HoldfastEvent): string {
  const subject = event.attempt === undefined ? event.type : `${event.type} ${event.attempt}`;
  const details = detailsOf(event);
  return details === undefined ? subject : `${subject}: ${details}`;
}

function detailsOf(event: HoldfastEvent): string | undefined {
  switch (event.type) {
    case 'call.started':
      return `${event.method} ${event.url}`;
    case 'call.ended':
      return `${event.outcome} after ${event.attempts} attempt${event.attempts === 1 ? '' : 's'}`;
    case 'call.rejected':
      return event.errorCode;
    case 'attempt.ended':
      return String(event.status ?? event.errorCode);
    case 'attempt.timedOut':
    case 'deadline.exceeded':
      return `${event.limitMs} ms`;
    case 'retry.scheduled':
    case 'retry.waiting':
    case 'retry.denied':
      return event.decision.reason;
    case 'circuit.opened':
    case 'circuit.halfOpened':
    case 'circuit.closed':
      return event.because;
    case 'credentials.failed':
      return event.message;
    case 'permit.queued':
      return `${event.queued} waiting (${event.because})`;
    case 'permit.granted':
      return `after ${event.waitMs} ms`;
    case 'limiter.paused':
      return `${event.pauseMs} ms (${event.source})`;
    case 'limiter.limited':
      return `${event.limitedTo} at once (${event.because})`;
    case 'limiter.degraded':
    case 'cache.degraded':
      return event.message;
    case 'cache.hit':
      return `${event.ageMs} ms old`;
    case 'cache.stale':
      return `${event.ageMs} ms old (${[event.because, event.status ?? event.errorCode].filter(Boolean).join(': ')})`;
    case 'cache.revalidated':
      return `${event.status} (${event.outcome})`;
    case 'fallback.used':
      return event.reason;
    case 'status.changed':
      return event.description;
    case 'chaos.injected':
      return event.fault === 'latency' ? `${event.latencyMs} ms` : String(event.status ?? event.fault);
    default:
      return undefined;
  }
}
