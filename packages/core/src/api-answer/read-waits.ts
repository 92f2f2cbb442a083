import { parseDecimal, toWaitMs } from '../server-timing/wait.ts';
import { search, textOf } from './members.ts';
import { parseWaitMember } from './time-forms.ts';
import type { Wait } from './wait-headers.ts';

const secondsNames = new Set([
  'retryafter',
  'retryafterseconds',
  'retryinseconds',
  'backoffseconds',
  'retrydelay',
  'ratelimitnext',
]);
const msNames = new Set(['retryafterms', 'retryinms', 'retryafterinms', 'retryaftermilliseconds']);

/** Reads the wait that a JSON body asks for, by the names of its members. */
export function readWaitMember(data: unknown, headers: Headers, wallNowMs: number, status: number): Wait | undefined {
  return search(data, (name, value): Wait | undefined => {
    if (msNames.has(name)) {
      const ms = typeof value === 'number' ? value : parseDecimal(textOf(value, 40) ?? null);
      return ms === undefined || !(ms >= 0) ? undefined : { waitMs: toWaitMs(ms), source: name };
    }
    if (!secondsNames.has(name) && !(name === 'estimatedtime' && status === 503)) return undefined;
    const waitMs = parseWaitMember(value, headers, wallNowMs);
    return waitMs === undefined ? undefined : { waitMs, source: `the body's ${name}` };
  });
}
