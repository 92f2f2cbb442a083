import type { AttemptRecord, Call } from '../kernel/call.ts';
import type { Decision } from '../kernel/decision.ts';
import { redactText } from '../redact/redact.ts';
import type { ErrorCode } from './error-code.ts';

declare module '../kernel/call.js' {
  interface Call {
    /** What happened beside the attempts, for the timeline. */
    notes?: { readonly startedMs: number; readonly text: string }[];
  }
}

/**
 * What happened in a call, line by line: `+0 ms  attempt 1: 503 in 12 ms → retry 1 of 2 in 310 ms (backoff)`.
 *
 * @remarks A last line describes an end that no attempt accounts for, such as a deadline during a wait.
 */
export function describeTimeline(call: Call, code: ErrorCode, elapsedMs: number): readonly string[] {
  const attempts = call.attempts.map((record) => ({ startedMs: record.startedMs, text: describeAttempt(record) }));
  // A wait is shown with the attempt that it delayed.
  const rows = [...(call.notes ?? []), ...attempts].sort((one, other) => one.startedMs - other.startedMs);
  const end = describeEnd(call, code);
  if (end !== undefined) rows.push({ startedMs: elapsedMs, text: end });
  // A shared attempt may have begun before the call did.
  const times = rows.map(({ startedMs }) => `${startedMs < 0 ? '-' : '+'}${Math.round(Math.abs(startedMs))} ms`);
  const width = Math.max(0, ...times.map((time) => time.length));
  return rows.map(({ text }, index) => `${(times[index] ?? '').padEnd(width)}  ${redactText(text)}`);
}

function describeEnd({ attempts, decision }: Call, code: ErrorCode): string | undefined {
  const last = attempts.at(-1);
  if (code === 'API_ERROR') return last === undefined ? decision?.reason : undefined;
  if (last?.errorCode === code) return undefined;
  return `ended: ${code}${decision === last?.decision ? '' : afterArrow(decision)}`;
}

function describeAttempt({ attempt, status, kind, errorCode, detail, durationMs, decision }: AttemptRecord): string {
  const outcome = status ?? errorCode ?? 'no answer';
  const why = detail === undefined && kind === undefined ? '' : ` (${detail ?? kind})`;
  return `attempt ${attempt}: ${outcome}${why} in ${Math.round(durationMs)} ms${afterArrow(decision)}`;
}

/** What was decided. Its reason begins with the outcome, which the line shows already. */
function afterArrow(decision: Decision | undefined): string {
  return decision ? ` → ${decision.reason.slice(decision.reason.indexOf('→') + 1).trim()}` : '';
}
