import { summarizeCause } from '../../redact/cause.ts';
import { printable, redactText } from '../../redact/redact.ts';
import { describeIncident, incidentLabel } from '../incident.ts';
import type { PrintedApiError, PrintedError } from '../printed-error.ts';

type Row = readonly [label: string, value: string | number | undefined];

/** Plain text for a support ticket: what a person at the other end needs to find the call in their logs. */
export function supportReport(error: PrintedError): string {
  const cause = summarizeCause(error.cause);
  const api = error.code === 'API_ERROR' ? (error as PrintedApiError) : undefined;
  const rows: readonly Row[] = [
    ['Problem', `${error.name}: ${redactText(error.message)}`],
    ...(api ? apiRows(api) : []),
    ['Request', `${error.request.method} ${error.request.url}`],
    ['Time', isoTime(error.occurredAt)],
    ['Call', error.callId],
    ['Tried', describeEffort(error)],
    ['Acted on by the server', error.applied],
    ['Try again at', error.retryAt === undefined ? undefined : isoTime(error.retryAt)],
    [incidentLabel, error.incident && describeIncident(error.incident)],
    ['Cause', cause && !api ? `${cause.name}: ${cause.message}` : undefined],
  ];
  const lines = [
    ...rows.flatMap(([label, value]) => (value === undefined ? [] : [`${label}: ${value}`])),
    'Timeline:',
    ...error.timeline.map((line) => `  ${line}`),
  ];
  return printable(lines.join('\n'));
}

function apiRows({ requestId, status, error, quota, issues, requiredScope }: PrintedApiError): readonly Row[] {
  const said = [error.code, error.type].filter((word) => word !== undefined).join(', ');
  const left = [
    quota?.limit === undefined ? '' : `limit ${quota.limit}`,
    quota?.remaining === undefined ? '' : `remaining ${quota.remaining}`,
    quota?.resetAt === undefined ? '' : `reset ${isoTime(quota.resetAt)}`,
  ];
  return [
    ['Request id', requestId ?? 'none in the answer'],
    ['Status', status],
    ['Error', said === '' ? undefined : said],
    ['Field', error.param],
    [
      'Issues',
      issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ') || undefined,
    ],
    ['Scope asked for', requiredScope],
    ['Quota', left.filter((part) => part !== '').join(', ') || undefined],
  ];
}

function describeEffort({ attempts, elapsedMs, decision }: PrintedError): string {
  const refreshes = attempts.filter((record) => record.decision?.action === 'refreshCredentials').length;
  const retries = attempts.filter((record) => record.decision?.action === 'retry').length;
  const parts = [
    `${count(attempts.length, 'attempt')} in ${Math.round(elapsedMs)} ms`,
    retries > 0 ? count(retries, 'retry', 'retries') : '',
    refreshes > 0 ? `credentials renewed ${count(refreshes, 'time')}` : '',
    decision ? `ended by: ${redactText(decision.reason)}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function isoTime(ms: number): string {
  // A server may have named a time that no date can hold.
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
