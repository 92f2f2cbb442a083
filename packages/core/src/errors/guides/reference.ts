import { isFinalServerStatus } from '../../api-answer/statuses.ts';
import type { Decision } from '../../kernel/decision.ts';
import { lookedForBy, lookForIncident } from '../incident.ts';
import { isEnd } from './after-decision.ts';
import { clientErrorGuide, finalServerErrorGuide, serverErrorGuide, unknownGuide } from './class-guides.ts';
import { remediesAfter } from './remedies-after.ts';
import type { Guide, StatusGuide } from './status-guide.ts';
import { guides } from './status-guides.ts';

/**
 * The guide for a status; one for its class where the status has none of its own.
 *
 * @param decision What ended the call: what was done about it comes first.
 * @param incidentOption The client's option that puts the API's incidents on errors, if it has one.
 */
export function guideOf(status: number, decision: Decision | undefined, incidentOption: string | undefined): Guide {
  const guide = statusGuide(status);
  if (incidentOption === undefined && !isEnd(decision)) return guide;
  const { title, causes, promisesRetry } = guide;
  const remedies = guide.remedies.map((remedy) =>
    remedy === lookForIncident && incidentOption !== undefined ? lookedForBy(incidentOption) : remedy,
  );
  if (!isEnd(decision)) return { title, causes, remedies };
  const further = promisesRetry ? remedies.slice(1) : remedies;
  return { title, causes, remedies: [...new Set([...remediesAfter(decision), ...further])] };
}

function statusGuide(status: number): StatusGuide {
  const own = guides[status];
  if (own) return own;
  if (status >= 400 && status < 500) return clientErrorGuide;
  if (status < 500 || status > 599 || Number.isNaN(status)) return unknownGuide;
  return isFinalServerStatus(status) ? finalServerErrorGuide : serverErrorGuide;
}
