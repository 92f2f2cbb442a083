import { texts } from '#reference-texts';
import type { Decision } from '../../kernel/decision.ts';
import type { Guide } from './status-guide.ts';

/** The guide for a status; one for its class where the status has none of its own. */
export function guideFor(status: number): Guide {
  return guideAfter(status, undefined);
}

/**
 * The guide for a status of a call that a decision has ended: what was done about it comes first.
 *
 * @param incidentOption The client's option that puts the API's incidents on errors, if it has one.
 */
export function guideAfter(status: number, decision: Decision | undefined, incidentOption?: string): Guide {
  return texts.loaded?.guideOf(status, decision, incidentOption) ?? plainGuide(status);
}

/** In a page that has not loaded the reference: what the class of the status says. */
function plainGuide(status: number): Guide {
  const isOfCaller = status >= 400 && status < 500;
  return {
    title: isOfCaller ? 'The API refused the request' : 'The server could not answer the request',
    causes: [],
    remedies: ['Read the message and `error.issues`, or send `error.supportReport()` to support'],
  };
}
