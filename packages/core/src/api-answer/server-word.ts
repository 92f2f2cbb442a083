import type { HeaderLines } from '../server-timing/header-lines.ts';
import type { ApiAnswer, Kind } from './api-answer.ts';
import { isOverloadStatus } from './statuses.ts';

/** The meaning of a status, and the server's explicit word about sending again: every reader of answers needs them. */

/** Names of errors that say that the server has too much to do. */
export const overload: RegExp = /overload|unavailable|server.?busy/i;

/** Whether to send it again, and what says so. */
export type RetryWord = Pick<ApiAnswer, 'retry' | 'retrySource'>;

/** The server's explicit word about sending again. */
export function explicitRetry(headers: HeaderLines): RetryWord | undefined {
  for (const name of ['x-should-retry', 'stripe-should-retry']) {
    const word = headers.get(name)?.trim().toLowerCase();
    if (word === 'true') return { retry: 'yes', retrySource: name };
    if (word === 'false') return { retry: 'no', retrySource: name };
  }
  return undefined;
}

/** What a status means where only the API's own code or text says more. */
export function kindOfStatus(status: number, word: string): Kind {
  if (isOverloadStatus(status)) return 'overloaded';
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'notFound';
  if ([409, 412, 423, 449].includes(status)) return 'conflict';
  if (status >= 500 || status < 400) {
    if (overload.test(word)) return 'overloaded';
    return status >= 500 || /internal/i.test(word) ? 'failed' : 'invalid';
  }
  return status === 408 || status === 425 ? 'failed' : 'invalid';
}
