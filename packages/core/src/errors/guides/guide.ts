import { texts } from '#reference-texts';
import { isFinalServerStatus } from '../../api-answer/final-statuses.ts';
import type { Decision } from '../../kernel/decision.ts';
import { lookedForBy, lookForIncident } from '../incident.ts';
import { isEnd, remediesAfter } from './after-decision.ts';
import { clientErrorGuide, finalServerErrorGuide, serverErrorGuide, unknownGuide } from './class-guides.ts';
import type { Guide, StatusGuide } from './status-guide.ts';

/**
 * The guide for a status; one for its class where the status has none of its own, and in a page where that is not loaded
 * yet.
 */
export function guideFor(status: number): Guide {
  return statusGuide(status);
}

/**
 * The guide for a status of a call that a decision has ended: what was done about it comes first.
 *
 * @param incidentOption The client's option that puts the API's incidents on errors, if it has one.
 */
export function guideAfter(status: number, decision: Decision | undefined, incidentOption?: string): Guide {
  const { title, causes, remedies: given, promisesRetry } = statusGuide(status);
  const remedies =
    incidentOption === undefined
      ? given
      : given.map((remedy) => (remedy === lookForIncident ? lookedForBy(incidentOption) : remedy));
  if (!isEnd(decision)) return { title, causes, remedies };
  const further = promisesRetry ? remedies.slice(1) : remedies;
  return { title, causes, remedies: [...new Set([...remediesAfter(decision), ...further])] };
}

function statusGuide(status: number): StatusGuide {
  const own = texts.loaded?.[status];
  if (own) return own;
  if (status >= 400 && status < 500) return clientErrorGuide;
  if (status < 500 || status > 599 || Number.isNaN(status)) return unknownGuide;
  return isFinalServerStatus(status) ? finalServerErrorGuide : serverErrorGuide;
}
