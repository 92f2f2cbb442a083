import type { ErrorBody } from '../bodies/read-error-body.ts';
import { createCall } from '../calls/create-call.ts';
import type { AttemptRecord, Call } from '../kernel/call.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Decision } from '../kernel/decision.ts';

/** Time that stands still until it is moved. Tests in this folder need no more of a clock. */
export interface StillClock extends Clock {
  advance(ms: number): void;
  readonly pending: number;
}

export const wallStart: number = Date.UTC(2026, 0, 2, 3, 4, 5);

export function stillClock(): StillClock {
  const timers = new Map<number, { at: number; callback: () => void }>();
  let now = 0;
  let last = 0;
  return {
    now: () => now,
    wallNow: () => wallStart + now,
    setTimer(callback, delayMs) {
      timers.set(++last, { at: now + delayMs, callback });
      return last;
    },
    clearTimer: (timer) => void timers.delete(timer as number),
    advance(ms) {
      now += ms;
      for (const [id, { at, callback }] of [...timers]) {
        if (at <= now && timers.delete(id)) callback();
      }
    },
    get pending() {
      return timers.size;
    },
  };
}

export function testCall(url = 'https://api.example.com/orders/42', clock: Clock = stillClock()): Call {
  return createCall('GET', url, clock);
}

export function decision(over: Partial<Decision> = {}): Decision {
  return {
    action: 'fail',
    because: 'policy',
    reason: '503 → fail',
    rule: 'default',
    applied: 'unknown',
    ...over,
  };
}

/** A 503, retried, that took 12 ms. */
export function retried503(over: Partial<AttemptRecord> = {}): AttemptRecord {
  const reason = '503 → retry 1 of 2 in 310 ms (backoff)';
  return {
    attempt: 1,
    status: 503,
    startedMs: 0,
    durationMs: 12.4,
    decision: decision({ action: 'retry', reason, delayMs: 310 }),
    ...over,
  };
}

export function errorBody(content: unknown): ErrorBody {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return { bytes: new TextEncoder().encode(text), text, truncated: false };
}
