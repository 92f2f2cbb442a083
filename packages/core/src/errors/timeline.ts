import type { AttemptRecord, Call } from '../kernel/call.ts';
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
  const rows = call.attempts.map((record): [number, string] => [record.startedMs, describeAttempt(record)]);
  // A wait is shown with the attempt that it delayed.
  rows.unshift(...(call.notes ?? []).map(({ startedMs, text }): [number, string] => [startedMs, text]));
  rows.sort(([one], [other]) => one - other);
  const last = call.attempts.at(-1);
  const unsent = code === 'API_ERROR' && last === undefined && call.decision !== undefined;
  if (unsent) rows.push([elapsedMs, call.decision?.reason ?? '']);
  else if (code !== 'API_ERROR' && last?.errorCode !== code) {
    const decision = call.decision === last?.decision ? undefined : call.decision;
    rows.push([elapsedMs, `ended: ${code}${decision ? ` → ${afterArrow(decision.reason)}` : ''}`]);
  }
  // A shared attempt may have begun before the call did.
  const times = rows.map(([at]) => `${at < 0 ? '-' : '+'}${Math.round(Math.abs(at))} ms`);
  const width = Math.max(0, ...times.map((time) => time.length));
  return rows.map(([, text], index) => `${(times[index] ?? '').padEnd(width)}  ${redactText(text)}`);
}

function describeAttempt({ attempt, status, kind, errorCode, detail, durationMs, decision }: AttemptRecord): string {
  const outcome = status ?? errorCode ?? 'no answer';
  const why = detail === undefined && kind === undefined ? '' : ` (${detail ?? kind})`;
  const next = decision ? ` → ${afterArrow(decision.reason)}` : '';
  return `attempt ${attempt}: ${outcome}${why} in ${Math.round(durationMs)} ms${next}`;
}

/** A reason begins with the outcome, which the line shows already. */
function afterArrow(reason: string): string {
  return reason.slice(reason.indexOf('→') + 1).trim();
}
