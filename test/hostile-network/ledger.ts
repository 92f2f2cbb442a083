import type { HoldfastEvent } from 'holdfast';

/** Checks a client's events against each other: each start has exactly one end, in an order that makes sense. */
export interface Ledger {
  readonly hear: (event: HoldfastEvent) => void;
  /** The first hundred contradictions. */
  readonly problems: readonly string[];
  /** How many events of each type there were. */
  readonly counts: ReadonlyMap<string, number>;
  /** Calls that have started and not ended. */
  readonly openCalls: number;
}

interface CallRecord {
  readonly id: string;
  attempts: number;
  /** The attempt that has started and not ended. */
  attempt: number | undefined;
  isQueued: boolean;
  hasEnded: boolean;
  /**
   * The number of running calls that share its attempts. The attempts are reported under its id, even after it has ended.
   */
  sharers: number;
  /** The call whose attempts it shares. */
  leader: CallRecord | undefined;
  isShared: boolean;
}

const mostProblems = 100;
/** These events may name a call that has already ended: what they report outlives the call. */
const ofNoCall = /^(credentials|circuit|limiter)\./;
const circuitMayFollow: Readonly<Record<string, readonly string[]>> = {
  'circuit.opened': ['circuit.closed', 'circuit.halfOpened'],
  'circuit.halfOpened': ['circuit.opened'],
  'circuit.closed': ['circuit.halfOpened'],
};

/** Keeps nothing about calls that have ended, so it can listen for hours. */
export function ledger(): Ledger {
  const calls = new Map<string, CallRecord>();
  let openCalls = 0;
  const circuits = new Map<string, string>();
  /** How many pauses of each key have begun or been extended. Each sender has its own pauses. */
  const paused = new Map<string, number>();
  const counts = new Map<string, number>();
  const problems: string[] = [];

  const check = (holds: boolean, event: HoldfastEvent, what: string): void => {
    if (holds || problems.length >= mostProblems) return;
    problems.push(`${event.type} ${event.attempt ?? ''} of ${event.callId}: ${what}`);
  };

  const leave = (call: CallRecord, event: HoldfastEvent): void => {
    if (!call.hasEnded || call.sharers > 0) return;
    check(call.attempt === undefined, event, `attempt ${call.attempt} has not ended`);
    calls.delete(call.id);
  };

  const hearOfCall = (event: HoldfastEvent): void => {
    const call = calls.get(event.callId);
    if (event.type === 'call.started') {
      check(call === undefined, event, 'it has begun before');
      openCalls++;
      calls.set(event.callId, newRecord(event.callId));
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
      case 'call.coalesced': {
        const leader = calls.get(event.leaderCallId);
        check(leader !== undefined, event, `there is no call ${event.leaderCallId}`);
        if (!leader) break;
        leader.sharers++;
        leader.isShared = true;
        call.leader = leader;
        call.isShared = true;
        break;
      }
      case 'call.ended':
        check(!call.hasEnded, event, 'it has ended before');
        check(call.isShared || event.attempts === call.attempts, event, `says ${event.attempts} of ${call.attempts}`);
        openCalls--;
        call.hasEnded = true;
        leave(call, event);
        if (!call.leader) break;
        call.leader.sharers--;
        leave(call.leader, event);
        break;
    }
  };

  return {
    problems,
    counts,
    get openCalls() {
      return openCalls;
    },
    hear(event) {
      counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
      if (!ofNoCall.test(event.type)) {
        hearOfCall(event);
        return;
      }
      if (event.type === 'limiter.paused') paused.set(event.key, (paused.get(event.key) ?? 0) + 1);
      if (event.type === 'limiter.resumed') {
        const left = paused.get(event.key) ?? 0;
        check(left > 0, event, 'there was no pause');
        paused.set(event.key, left - 1);
      }
      if (!(event.type in circuitMayFollow) || !('key' in event)) return;
      const before = circuits.get(event.key) ?? 'circuit.closed';
      check(circuitMayFollow[event.type]?.includes(before) ?? false, event, `after ${before}`);
      circuits.set(event.key, event.type);
    },
  };
}

function newRecord(id: string): CallRecord {
  return {
    id,
    attempts: 0,
    attempt: undefined,
    isQueued: false,
    hasEnded: false,
    sharers: 0,
    leader: undefined,
    isShared: false,
  };
}
