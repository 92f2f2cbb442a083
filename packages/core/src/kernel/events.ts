import type { Call } from './call.ts';
import type { Verdict } from './verdict.ts';

/** The members of every event of a call. All events are frozen and JSON-safe, their URLs without secrets. */
export interface EventBase {
  /** Wall clock, in milliseconds since 1970. */
  readonly at: number;
  /** Empty, as are method and URL, for what belongs to no call: a circuit opened by hand, or by another process. */
  readonly callId: string;
  readonly method: string;
  readonly url: string;
  /** The attempt that the event belongs to, where it belongs to one. */
  readonly attempt?: number;
}

/** The status or the error code of what failed. */
export interface FailedBy {
  readonly status?: number;
  readonly errorCode?: string;
}

/** How an attempt ended. What was read of its answer is declared where answers are read. */
export interface AttemptEnded extends FailedBy {
  readonly attempt: number;
  readonly durationMs: number;
  readonly verdict: Verdict;
}

/**
 * The members of each type of event besides {@link EventBase}: here those of every call and attempt. Each feature
 * declares its own as an interface, and `events/all-events.ts` puts them together.
 */
export interface EventDetails {
  'call.started': object;
  'call.ended': FailedBy & {
    readonly outcome: 'success' | 'failure' | 'cancelled';
    readonly attempts: number;
    readonly durationMs: number;
  };
  'call.rejected': { readonly errorCode: string; readonly key?: string };
  'attempt.started': { readonly attempt: number };
  'attempt.ended': AttemptEnded;
}

export type EventType = keyof EventDetails;

/** The complete event of one type. */
export type EventOf<Type extends EventType> = Readonly<{ type: Type } & EventBase & EventDetails[Type]>;

/** Every event, distinguished by `type`. */
export type HoldfastEvent = { [Type in EventType]: EventOf<Type> }[EventType];

/**
 * Emits an event, if its type has a listener: `context.emit['retry.scheduled']?.(context, {…})`. Without a listener the
 * member is absent, and JavaScript does not even evaluate the details.
 */
export type Emit = {
  readonly [Type in EventType]?: (
    context: { readonly call: Call; readonly attempt?: number },
    details: EventDetails[Type],
  ) => void;
};
