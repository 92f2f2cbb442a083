import { atHand } from '../platform/at-hand.ts';
import type { OnDemand } from '../platform/on-demand.ts';
import * as whole from './received.ts';

/** The code that reads bodies within the attempt: a server has it loaded. */
export const receivedBodies: OnDemand<typeof whole> = atHand(whole);
