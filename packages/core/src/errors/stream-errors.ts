import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What a {@link StreamInterruptedError} is made from. */
export interface StreamInterruptedErrorInit extends ResilienceErrorInit {
  readonly eventsReceived: number;
  readonly lastEventId?: string | undefined;
}

/**
 * A stream broke after something of it was delivered, and was not resumed. The `cause` is what ended it: a broken
 * connection, an `IDLE_TIMEOUT`, the error of the request that should have resumed it.
 */
export class StreamInterruptedError extends ResilienceError {
  static {
    define(StreamInterruptedError, 'StreamInterruptedError');
  }

  declare readonly code: 'STREAM_INTERRUPTED';
  /** How many events, or lines, were delivered before the stream broke. */
  readonly eventsReceived: number;
  /** The id of the last of them, from which another stream can be begun. */
  declare readonly lastEventId?: string;

  constructor(init: StreamInterruptedErrorInit) {
    super({ ...init, code: 'STREAM_INTERRUPTED', applied: 'yes' });
    this.eventsReceived = init.eventsReceived;
    if (init.lastEventId !== undefined) this.lastEventId = init.lastEventId;
  }

  override toJSON(): Record<string, unknown> {
    const { eventsReceived, lastEventId } = this;
    return { ...super.toJSON(), eventsReceived, lastEventId };
  }
}

/** What a {@link LineError} is made from. */
export interface LineErrorInit extends ResilienceErrorInit {
  readonly line: number;
}

/** A line of a stream of JSON lines is not JSON; the `cause` is the SyntaxError. */
export class LineError extends ResilienceError {
  static {
    define(LineError, 'LineError');
  }

  declare readonly code: 'BROKEN_LINE';
  /** Its number; 1 for the first. */
  readonly line: number;

  constructor(init: LineErrorInit) {
    super({ ...init, code: 'BROKEN_LINE', applied: 'yes' });
    this.line = init.line;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), line: this.line };
  }
}
