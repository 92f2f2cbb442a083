import { given, type QueuedBecause, show } from '@holdfast/core/internal';
import type { PauseGate } from '../buckets/pause-gate.ts';
import type { SharedState } from './shared-state.ts';
import { senderOf } from './snapshot.ts';

/** What would keep a request waiting if it were to be sent now. */
export interface HoldUp {
  readonly because: QueuedBecause;
  /** The bucket that is paused: the server's name, or the method and the path pattern; or the unit that is used up. */
  readonly bucket?: string;
  /** If the pause concerns one sender: its number, which is not a secret. */
  readonly sender?: string;
  /** Milliseconds until it ends, if that is known. */
  readonly ms?: number;
  /** The calls that wait for the same already. */
  readonly queued: number;
  /** The longest wait that the limiter allows, in milliseconds. */
  readonly maxMs: number;
  /** For a person: `bucket "search" is paused for another 15000 ms, until 2026-11-29T22:34:05.587Z`. */
  readonly why: string;
}

/** A request that has not been sent. */
interface Unsent {
  readonly request: Request;
  readonly showsSender: boolean;
}

/** The pause that ends last, else the pace of a learned quota, else the line. */
export function holdUpOf(state: SharedState, key: string, call: Unsent, wallNow: number): HoldUp | undefined {
  const rest = (ms: number): { ms: number; until: string } => {
    const left = Math.ceil(ms);
    return { ms: left, until: `for another ${left} ms, until ${new Date(wallNow + left).toISOString()}` };
  };
  const gate = state.buckets.longestPause(key, call.request, call.showsSender);
  if (gate) {
    const { bucket, pausedMs, limits, queue } = gate;
    const { ms, until } = rest(pausedMs);
    const why = `${subject(gate)} paused ${until}`;
    const further = given({ bucket, ...senderOf(gate) });
    return { because: 'paused', ms, queued: queue.length, maxMs: limits.maxQueueMs, why, ...further };
  }
  const limiter = state.limiters.find(key);
  if (!limiter) return undefined;
  const { queued, isInDistress, queueLimits, learning } = limiter;
  const maxMs = queueLimits.maxQueueMs;
  const share = learning.heldUp();
  if (share) {
    const { ms, until } = rest(share.ms);
    return { because: 'limit', ...share, ms, maxMs, why: `the ${share.bucket} that are left have to last ${until}` };
  }
  if (queued === 0) return undefined;
  return {
    because: isInDistress ? 'distress' : 'limit',
    queued,
    maxMs,
    why: `calls that came before it wait (${queued})`,
  };
}

function subject(gate: PauseGate): string {
  const { sender } = senderOf(gate);
  const whose = sender === undefined ? '' : ` (${sender})`;
  return gate.bucket === undefined ? `all requests${whose} are` : `bucket ${show(gate.bucket)}${whose} is`;
}
