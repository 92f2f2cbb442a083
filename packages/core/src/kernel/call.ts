import type { Kind } from '../api-answer/api-answer.ts';
import type { Outage } from '../errors/incident.ts';
import type { FallbackValue } from '../policy/policies.ts';
import { redactUrl } from '../redact/redact.ts';
import type { CallTrace } from './call-trace.ts';
import { type Clock, systemRandom } from './clock.ts';
import type { Decision } from './decision.ts';
import type { Outcome } from './outcome.ts';

/** One try at the network, as it stands in an error's history. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly attempt: number;
  /** The status, where there was a response. */
  readonly status?: number;
  /** What a success was that a dialect calls an error; else the status says it. */
  readonly kind?: Kind;
  /** The error's code (`NETWORK`, `ATTEMPT_TIMEOUT`, …), where there was none. */
  readonly errorCode?: string;
  /** What the platform said, such as `ECONNREFUSED`. */
  readonly detail?: string;
  /** Milliseconds from the call's beginning to the attempt's. */
  readonly startedMs: number;
  /** Milliseconds that the attempt took. */
  readonly durationMs: number;
  /** What the policy engine said of it; absent for a success that needed no decision. */
  readonly decision?: Decision;
}

/**
 * The facts of one call, shared by its context, its events and its errors: what was asked, and what happened so far.
 *
 * @remarks It is the one thing in a call that grows; everything else in {@link CallContext} is derived, never changed.
 */
export interface Call {
  /** Unique within the process. */
  readonly id: string;
  readonly method: string;
  /** With its secrets struck out. */
  readonly url: string;
  /** By the monotonic clock. */
  readonly startedAt: number;
  readonly clock: Clock;
  /** The history, appended to by the retry ring. */
  readonly attempts: AttemptRecord[];
  /** What the attempt before came to, once there is another one. The body of its response is gone. */
  lastOutcome?: Outcome;
  /** What the policy engine said last. */
  decision?: Decision | undefined;
  /** The fallback of the policy that decided last. */
  fallback?: FallbackValue;
  /** What the status page says of the failures of this call, if it was asked. */
  outage?: Outage | undefined;
  /** The shared request that it was answered by, where there was one: credentials are noted under that. */
  sentUnder?: Call;
  /** Its answer is a copy of one that another call has got as well: who keeps answers has it from there. */
  hasCopy?: boolean;
  /** A hook has put something of its own in the place of its request or its answer, which is then for no other call. */
  changedByHook?: boolean;
  /** The caller's frames, until the call has succeeded: they keep alive whatever they belong to. */
  trace?: CallTrace | undefined;
  /** By the monotonic clock; absent while the call runs. */
  endedAt?: number | undefined;
}

let lastId = 0;
const processTag = Math.trunc(systemRandom() * 36 ** 4)
  .toString(36)
  .padStart(4, '0');

/** Begins a call's record. */
export function createCall(method: string, url: string, clock: Clock, startedAt: number = clock.now()): Call {
  return new RunningCall(method, url, clock, startedAt);
}

/** A class, since an object with a getter of its own costs a microsecond, and each look at it more than it should. */
class RunningCall implements Call {
  readonly id = `${processTag}-${++lastId}`;
  readonly method: string;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly attempts: AttemptRecord[] = [];
  decision: Decision | undefined = undefined;
  endedAt: number | undefined = undefined;
  trace: CallTrace | undefined = undefined;
  #url: string;
  #isRedacted = false;

  constructor(method: string, url: string, clock: Clock, startedAt: number) {
    this.method = method;
    this.startedAt = startedAt;
    this.clock = clock;
    this.#url = url;
  }

  /** Redacted when it is first read, since most calls never tell it. */
  get url(): string {
    if (!this.#isRedacted) this.#url = redactUrl(this.#url);
    this.#isRedacted = true;
    return this.#url;
  }
}

/** What an event tells of a call where there is none: no id, no method, no URL. */
export function noCall(clock: Clock): Call {
  return { id: '', method: '', url: '', startedAt: clock.now(), clock, attempts: [] };
}
