import { texts } from '#reference-texts';
import type { Decision } from '../../kernel/decision.ts';
import { isFinalServerStatus } from '../../policy/classify.ts';
import { type WithinCall, withinCall } from '../../time/within-call.ts';
import { isEnd, remediesAfter } from './after-decision.ts';
import { clientErrorGuide, finalServerErrorGuide, serverErrorGuide, unknownGuide } from './class-guides.ts';

/** What an error status means, what usually causes it, and what can be done about it. */
export interface Guide {
  /** One line for a person. */
  readonly title: string;
  readonly causes: readonly string[];
  /** What Holdfast does by itself, and what is left to a person. */
  readonly remedies: readonly string[];
}

/** A guide as the reference keeps it. */
export interface StatusGuide extends Guide {
  /** The first remedy speaks of another attempt. A call that has ended says in its place why there was none. */
  readonly promisesRetry?: true;
}

/**
 * The guide for a status; one for its class where the status has none of its own, and in a page where that is not loaded
 * yet.
 */
export function guideFor(status: number): Guide {
  return statusGuide(status);
}

/** The guide for a status of a call that a decision has ended: what was done about it stands first. */
export function guideAfter(status: number, decision: Decision | undefined): Guide {
  const { title, causes, remedies, promisesRetry } = statusGuide(status);
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

/**
 * In a page, the guides of single statuses are loaded with the first error, which waits for them, within its call's time
 * and not for long. Where they do not come, the error has the guide of its class, and the next one tries again.
 */
export async function guidesAtHand(context: WithinCall): Promise<void> {
  if (texts.loaded) return;
  try {
    await withinCall(texts.load(context.call.clock), context, longestWaitMs);
  } catch {
    // It has a guide all the same, and says what happened, which matters more; a browser's console tells what failed.
  }
}

const longestWaitMs = 1_000;
