import { summarizeCause } from '../../redact/cause.ts';
import { printable, redactText } from '../../redact/redact.ts';
import { describeIncident, incidentLabel } from '../incident.ts';
import type { PrintedApiError, PrintedError } from '../printed-error.ts';
import { isEnd } from './after-decision.ts';
import { remediesAfter } from './remedies-after.ts';

/** What `console.log(error)` shows: what happened and what to do first, the stack last; never a header or a body. */
export function printError(error: PrintedError): string {
  const cause = summarizeCause(error.cause);
  const lines = [
    `${error.name} [${error.code}]: ${redactText(error.message)}`,
    ...error.timeline.map((line) => `  ${line}`),
    ...(error.incident ? [`  ${incidentLabel}: ${describeIncident(error.incident)}`] : []),
    ...(error.code === 'API_ERROR' ? printGuide(error as PrintedApiError) : printRemedies(error)),
    ...(cause ? [`  Cause: ${cause.name}: ${cause.message}`] : []),
    ...stackLines(error),
  ];
  // Messages and causes may contain any text from a server or from the user's functions.
  return printable(lines.join('\n'));
}

function printGuide(error: PrintedApiError): readonly string[] {
  const { issues, guide } = error;
  const { readerError } = error.error;
  return [
    ...issues.slice(0, 10).map(({ path, message }) => `  - ${path === '' ? message : `${path}: ${message}`}`),
    ...(issues.length > 10 ? [`  - and ${issues.length - 10} more`] : []),
    ...(readerError === undefined ? [] : [`  The answer could not be read: ${readerError}`]),
    `  What to do: ${guide.title}`,
    ...guide.remedies.map((remedy) => `  - ${remedy}`),
  ];
}

function printRemedies({ decision }: PrintedError): readonly string[] {
  const remedies = isEnd(decision) ? remediesAfter(decision) : [];
  return remedies.length === 0 ? [] : ['  What to do:', ...remedies.map((remedy) => `  - ${remedy}`)];
}

/** V8 begins a stack with name and message, which the first line already has; other engines begin with the frames. */
function stackLines({ stack, message }: Error): readonly string[] {
  if (typeof stack !== 'string') return [];
  const end = stack.indexOf(message);
  const frames = message !== '' && end >= 0 ? stack.slice(end + message.length) : stack;
  return redactText(frames)
    .split('\n')
    .filter((line) => line.trim() !== '');
}
