import type { EventOf, EventType, HoldfastEvent } from '../kernel/events.ts';

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
function describeEvent(event: HoldfastEvent): string {
  const subject = event.attempt === undefined ? event.type : `${event.type} ${event.attempt}`;
  const describe = details[event.type] as ((event: HoldfastEvent) => string | undefined) | undefined;
  const text = describe?.(event);
  return text === undefined ? subject : `${subject}: ${text}`;
}

/** What the line of each event says besides its type and attempt. */
const details: { readonly [Type in EventType]?: (event: EventOf<Type>) => string | undefined } = {
  'call.started': ({ method, url }) => `${method} ${url}`,
  'call.ended': ({ outcome, attempts }) => `${outcome} after ${attempts} attempt${attempts === 1 ? '' : 's'}`,
  'call.rejected': ({ errorCode }) => errorCode,
  'attempt.ended': ({ status, errorCode }) => String(status ?? errorCode),
  'attempt.timedOut': ({ limitMs }) => `${limitMs} ms`,
  'deadline.exceeded': ({ limitMs }) => `${limitMs} ms`,
  'retry.scheduled': ({ decision }) => decision.reason,
  'retry.waiting': ({ decision }) => decision.reason,
  'retry.denied': ({ decision }) => decision.reason,
  'circuit.opened': ({ because }) => because,
  'circuit.halfOpened': ({ because }) => because,
  'circuit.closed': ({ because }) => because,
  'credentials.failed': ({ message }) => message,
  'permit.queued': ({ queued, because }) => `${queued} waiting (${because})`,
  'permit.granted': ({ waitMs }) => `after ${waitMs} ms`,
  'limiter.paused': ({ pauseMs, source }) => `${pauseMs} ms (${source})`,
  'limiter.limited': ({ limitedTo, because }) => `${limitedTo} at once (${because})`,
  'limiter.degraded': ({ message }) => message,
  'cache.degraded': ({ message }) => message,
  'cache.hit': ({ ageMs }) => `${ageMs} ms old`,
  'cache.stale': ({ ageMs, because, status, errorCode }) =>
    `${ageMs} ms old (${[because, status ?? errorCode].filter(Boolean).join(': ')})`,
  'cache.revalidated': ({ status, outcome }) => `${status} (${outcome})`,
  'fallback.used': ({ reason }) => reason,
  'status.changed': ({ description }) => description,
  'chaos.injected': ({ fault, latencyMs, status }) =>
    fault === 'latency' ? `${latencyMs} ms` : String(status ?? fault),
};
