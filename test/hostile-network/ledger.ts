import type { HoldfastEvent } from 'holdfast';

/** What a client's events say, held against one another: each beginning has its one end, in an order that makes sense. */
export interface Ledger {
  readonly hear: (event: HoldfastEvent) => void;
  /** What did not fit; the first hundred. */
  readonly problems: readonly string[];
  /** How many of each type there were. */
  readonly counts: ReadonlyMap<string, number>;
  /** Calls that have begun and not ended. */
  readonly openCalls: number;
}

interface OpenCall {
  attempts: number;
  /** The attempt that has begun and not ended. */
  attempt: number | undefined;
  isQueued: boolean;
}

const mostProblems = 100;
/** They name the call by which something came to light that outlives it. */
const ofNoCall = /^(credentials|circuit|limiter)\./;
const circuitMayFollow: Readonly<Record<string, readonly string[]>> = {
  'circuit.opened': ['circuit.closed', 'circuit.halfOpened'],
  'circuit.halfOpened': ['circuit.opened'],
  'circuit.closed': ['circuit.halfOpened'],
};

/** Keeps nothing of what has ended, so that it can listen for hours. */
export function ledger(): Ledger {
  const calls = new Map<string, OpenCall>();
  const circuits = new Map<string, string>();
  const paused = new Set<string>();
  const counts = new Map<string, number>();
  const problems: string[] = [];

  const check = (holds: boolean, event: HoldfastEvent, what: string): void => {
    if (holds || problems.length >= mostProblems) return;
    problems.push(`${event.type} ${event.attempt ?? ''} of ${event.callId}: ${what}`);
  };

  const hearOfCall = (event: HoldfastEvent): void => {
    const call = calls.get(event.callId);
    if (event.type === 'call.started') {
      check(call === undefined, event, 'it has begun before');
      calls.set(event.callId, { attempts: 0, attempt: undefined, isQueued: false });
      return;
    }
    if (!call) {
      check(false, event, 'its call has not begun, or has ended');
      return;
    }
    switch (event.type) {
      case 'attempt.started':
        check(call.attempt === undefined, event, `attempt ${call.attempt} has not ended`);
        check(event.attempt === call.attempts + 1, event, `after ${call.attempts} attempts`);
        call.attempts++;
        call.attempt = event.attempt;
        break;
      case 'attempt.timedOut':
        check(event.attempt === call.attempt, event, `attempt ${call.attempt} is under way`);
        break;
      case 'attempt.ended':
        check(event.attempt === call.attempt, event, `attempt ${call.attempt} is under way`);
        call.attempt = undefined;
        call.isQueued = false;
        break;
      case 'permit.queued':
        check(!call.isQueued && call.attempt !== undefined, event, 'it waits already, or for nothing');
        call.isQueued = true;
        break;
      case 'permit.granted':
        check(call.isQueued, event, 'it did not wait');
        call.isQueued = false;
        break;
      case 'retry.scheduled':
      case 'retry.denied':
        check(call.attempt === undefined && call.attempts > 0, event, 'its attempt has not ended');
        break;
      case 'call.ended':
        check(call.attempt === undefined, event, `attempt ${call.attempt} has not ended`);
        check(event.attempts === call.attempts, event, `says ${event.attempts} attempts of ${call.attempts}`);
        calls.delete(event.callId);
        break;
    }
  };

  return {
    problems,
    counts,
    get openCalls() {
      return calls.size;
    },
    hear(event) {
      counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
      if (!ofNoCall.test(event.type)) {
        hearOfCall(event);
        return;
      }
      if (event.type === 'limiter.paused') paused.add(event.key);
      if (event.type === 'limiter.resumed') check(paused.delete(event.key), event, 'there was no pause');
      if (!(event.type in circuitMayFollow) || !('key' in event)) return;
      const before = circuits.get(event.key) ?? 'circuit.closed';
      check(circuitMayFollow[event.type]?.includes(before) ?? false, event, `after ${before}`);
      circuits.set(event.key, event.type);
    },
  };
}
