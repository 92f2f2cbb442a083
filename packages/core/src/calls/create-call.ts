import type { AttemptRecord, Call } from '../kernel/call.ts';
import type { CallTrace } from '../kernel/call-trace.ts';
import { type Clock, systemRandom } from '../kernel/clock.ts';
import type { Decision } from '../kernel/decision.ts';
import { redactUrl } from '../redact/redact.ts';

let lastId = 0;
const processTag = Math.trunc(systemRandom() * 36 ** 4)
  .toString(36)
  .padStart(4, '0');

/** Begins a call's record. */
export function createCall(method: string, url: string, clock: Clock, startedAt: number = clock.now()): Call {
  return new RunningCall(method, url, clock, startedAt);
}

/** A class: an object literal with a getter costs a microsecond more, and so does each access to it. */
class RunningCall implements Call {
  readonly id = `${processTag}-${++lastId}`;
  readonly method: string;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly attempts: AttemptRecord[] = [];
  decision: Decision | undefined = undefined;
  endedAt: number | undefined = undefined;
  trace: CallTrace | undefined = undefined;
  inside: Call['inside'] = undefined;
  #url: string;
  #isRedacted = false;

  constructor(method: string, url: string, clock: Clock, startedAt: number) {
    this.method = method;
    this.startedAt = startedAt;
    this.clock = clock;
    this.#url = url;
  }

  /** Redacted when it is first read: in most calls nothing reads it. */
  get url(): string {
    if (!this.#isRedacted) this.#url = redactUrl(this.#url);
    this.#isRedacted = true;
    return this.#url;
  }
}

/** Stands in for the call in events that belong to no call: no id, no method, no URL. */
export function noCall(clock: Clock): Call {
  return { id: '', method: '', url: '', startedAt: clock.now(), clock, attempts: [] };
}
