import { atHand } from '../platform/at-hand.ts';
import type { OnDemand } from '../platform/on-demand.ts';
import * as whole from './read-api-answer.ts';

/** The reader of API answers: a server has it loaded. */
export const reader: OnDemand<typeof whole> = atHand(whole);
