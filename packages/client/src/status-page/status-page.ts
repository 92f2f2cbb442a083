import type { Outcome } from '@holdfast/core';
import { classify, errorOutcome, isFromElsewhere, isOutcomeOfAnother } from '@holdfast/core/internal';
import type { Tools, Watcher } from '../feature/declared.ts';
import { resolveStatusPage, type StatusPageOptions, type StatusReader } from './look-at-status-page.ts';
import { PageWatch, type StatusSnapshot } from './page-watch.ts';

export interface StatusPage extends Watcher {
  snapshot(): StatusSnapshot;
  close(): void;
}

/**
 * When an API fails, its status page often knows why, but people rarely look there. Polling it all the time would send
 * a request from each client every half minute, for years, only to learn that all is well.
 *
 * So the page is read only while attempts fail because of the server: at once when the first one does, so that the page
 * has answered by the time the retries have failed, and then once per `intervalMs` for as long as there was a failure
 * since the last read. No call waits for it. The ring is inside the retries, to see each attempt, and outside the
 * circuit, since an open circuit hides that the server is down.
 */
export function createStatusPage(option: StatusPageOptions | StatusReader, tools: Tools): StatusPage {
  const watch = new PageWatch(resolveStatusPage(option, tools), tools);
  return {
    watches: {
      name: 'statusPage',
      async execute(request, next, context) {
        const { call, signal } = context;
        try {
          const response = await next(request, context);
          if (response.status >= 500 && !isFromElsewhere(request, response)) call.outage = watch.failed();
          return response;
        } catch (error) {
          const outcome = errorOutcome(error, signal, call);
          if (isServersFault(outcome) && !isOutcomeOfAnother(outcome, request)) call.outage = watch.failed();
          throw error;
        }
      },
    },
    snapshot: () => watch.snapshot(),
    close: () => watch.close(),
  };
}

/** No answer, no answer in time, or an open circuit. */
function isServersFault(outcome: Outcome): boolean {
  const code = outcome.kind === 'error' && outcome.code;
  return code === 'CIRCUIT_OPEN' || code === 'DEADLINE_EXCEEDED' || classify(outcome) === 'transient';
}
