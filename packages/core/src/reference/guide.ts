import { texts } from '#reference-texts';
import { type WithinCall, withinCall } from '../within-call.ts';
import { clientErrorGuide, serverErrorGuide, unknownGuide } from './class-guides.ts';

/** What an error status means, what usually causes it, and what can be done about it. */
export interface Guide {
  /** One line for a person. */
  readonly title: string;
  readonly causes: readonly string[];
  /** What Holdfast does by itself, and what is left to a person. */
  readonly remedies: readonly string[];
}

/**
 * The guide for a status; one for its class where the status has none of its own, and in a page where that is not loaded
 * yet.
 */
export function guideFor(status: number): Guide {
  const own = texts.loaded?.[status];
  if (own) return own;
  if (status >= 400 && status < 500) return clientErrorGuide;
  return status >= 500 && status < 600 ? serverErrorGuide : unknownGuide;
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
