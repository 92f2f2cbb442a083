import type { CoalesceEvents } from '../coalesce/coalesce.ts';
import type { CredentialsEvents } from '../credentials/credentials.ts';
import type { StatusEvents } from '../errors/incident.ts';
import type { FallbackEvents } from '../fallback/fallback.ts';
import type { EventType } from '../kernel/events.ts';

export type { EventOf, EventType, HoldfastEvent } from '../kernel/events.ts';

import type { ResumingEvents } from '../receiving/resuming.ts';
import type { RetryEvents } from '../retry/retry-events.ts';
import type { AttemptTimeoutEvents } from '../time/attempt-timeout.ts';
import type { DeadlineEvents } from '../time/deadline.ts';
import type { CacheEvents } from './cache-events.ts';
import type { ChaosEvents } from './chaos-events.ts';
import type { CircuitEvents } from './circuit-events.ts';
import type { StreamEvents } from './client-events.ts';
import type { LimiterEvents } from './limiter-events.ts';

/** Every event: the kernel's own, and those that features declare in their own folders. */
declare module '../kernel/events.js' {
  interface EventDetails
    extends CircuitEvents,
      LimiterEvents,
      CacheEvents,
      ChaosEvents,
      StatusEvents,
      StreamEvents,
      DeadlineEvents,
      AttemptTimeoutEvents,
      RetryEvents,
      CredentialsEvents,
      ResumingEvents,
      FallbackEvents,
      CoalesceEvents {}
}

/** Every type of event, once. */
export const everyType: Readonly<Record<EventType, true>> = {
  'call.started': true,
  'call.ended': true,
  'call.rejected': true,
  'attempt.started': true,
  'attempt.ended': true,
  'attempt.timedOut': true,
  'retry.scheduled': true,
  'retry.waiting': true,
  'retry.denied': true,
  'credentials.refreshed': true,
  'credentials.failed': true,
  'circuit.opened': true,
  'circuit.halfOpened': true,
  'circuit.closed': true,
  'permit.queued': true,
  'permit.granted': true,
  'limiter.paused': true,
  'limiter.resumed': true,
  'limiter.limited': true,
  'limiter.released': true,
  'limiter.degraded': true,
  'limiter.recovered': true,
  'deadline.exceeded': true,
  'body.resumed': true,
  'stream.interrupted': true,
  'stream.resumed': true,
  'fallback.used': true,
  'status.changed': true,
  'call.coalesced': true,
  'cache.hit': true,
  'cache.stale': true,
  'cache.revalidated': true,
  'cache.degraded': true,
  'cache.recovered': true,
  'chaos.injected': true,
};
/** The name of every type of event. */
export const everyTypeName: readonly EventType[] = Object.keys(everyType) as EventType[];
