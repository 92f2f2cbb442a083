import type { CallRecord, Run } from './world.ts';

/** The figures of one run. Shares are between 0 and 1, and a call belongs to the time at which it began. */
export interface Figures {
  readonly answeredDuring: number;
  readonly answeredAfter: number;
  /** Attempts that were sent during the trouble, for each call that began in it. */
  readonly attemptsPerCall: number;
  /**
   * Milliseconds from the end of the trouble until at least 95 % of the calls of every following second were answered.
   */
  readonly backMs: number | undefined;
  /** The share of the server's work, from the beginning of the trouble on, that was done for clients that had left. */
  readonly wasted: number;
  /**
   * The time within which 99 % of the answered calls had their answer, from the beginning of the trouble on, in
   * milliseconds.
   */
  readonly p99Ms: number;
  /** Milliseconds from the beginning of the trouble until the last call that began in it had ended. */
  readonly lastMs: number;
}

const windowMs = 1000;
const stepMs = 100;

export function figuresOf({ calls, from, to, sentAt, server }: Run): Figures {
  const during = calls.filter(({ startedAt }) => startedAt >= from && startedAt < to);
  const after = calls.filter(({ startedAt }) => startedAt >= to);
  const sent = sentAt.filter((at) => at >= from && at < to).length;
  return {
    answeredDuring: answeredShare(during),
    answeredAfter: answeredShare(after),
    attemptsPerCall: sent / Math.max(1, during.length),
    backMs: backMsOf(after, to),
    wasted: server.work.wasted / Math.max(1, server.work.done),
    p99Ms: percentile(
      [...during, ...after].filter(({ answered }) => answered).map(({ startedAt, endedAt }) => endedAt - startedAt),
      0.99,
    ),
    lastMs: during.reduce((last, { endedAt }) => Math.max(last, endedAt), from) - from,
  };
}

/** Milliseconds after the end of the trouble, from which on at least 95 % of the calls of each second were answered. */
function backMsOf(after: readonly CallRecord[], to: number): number | undefined {
  const end = after.reduce((last, { startedAt }) => Math.max(last, startedAt), to);
  const steps = Array.from({ length: Math.ceil((end - to) / stepMs) + 1 }, () => ({ calls: 0, answered: 0 }));
  for (const { startedAt, answered } of after) {
    const step = steps[Math.floor((startedAt - to) / stepMs)];
    if (!step) continue;
    step.calls++;
    if (answered) step.answered++;
  }
  let back = 0;
  for (let first = 0; to + first * stepMs + windowMs <= end; first++) {
    const window = steps.slice(first, first + windowMs / stepMs);
    const calls = window.reduce((sum, step) => sum + step.calls, 0);
    const answered = window.reduce((sum, step) => sum + step.answered, 0);
    if (answered < 0.95 * calls) back = (first + 1) * stepMs;
  }
  return to + back + windowMs > end ? undefined : back;
}

export function answeredShare(calls: readonly CallRecord[]): number {
  if (calls.length === 0) return 1;
  return calls.filter(({ answered }) => answered).length / calls.length;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
