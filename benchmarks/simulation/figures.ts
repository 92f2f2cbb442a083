import type { CallRecord, Run } from './world.ts';

/** What a run comes to. Shares are parts of one, and count calls by when they began. */
export interface Figures {
  readonly answeredDuring: number;
  readonly answeredAfter: number;
  /** Attempts on the wire while the trouble lasted, for each call that began in it. */
  readonly attemptsPerCall: number;
  /** From the end of the trouble on, until in each second to come 95 % were answered; in milliseconds. */
  readonly backMs: number | undefined;
  /** Of the work that the server did from the trouble on, the part for clients that had left. */
  readonly wasted: number;
  /** 99 of a hundred that were answered, from the trouble on, had their answer so soon, in milliseconds. */
  readonly p99Ms: number;
  /** When the last call that began in the trouble had ended, from its beginning on, in milliseconds. */
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

/** The last second of which less than 95 % were answered, and a step further. */
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
