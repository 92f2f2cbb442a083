import { texts } from '#reference-texts';
import { type WithinCall, withinCall } from '../time/within-call.ts';

/**
 * In a page, the guides of single statuses are loaded with the first error, which waits for them, within its call's time
 * and not for long. Where they do not come, the error has the guide of its class, and the next one tries again.
 */
export async function guidesAtHand(context: WithinCall): Promise<void> {
  if (texts.loaded) return;
  try {
    await withinCall(texts.load(context.call.clock), context, longestWaitMs);
  } catch {
    // The error still has a guide and says what happened; a browser's console shows the request that failed.
  }
}

const longestWaitMs = 1_000;
