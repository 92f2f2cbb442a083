import { atHand } from '../../platform/at-hand.ts';
import type { OnDemand } from '../../platform/on-demand.ts';
import * as whole from './guides.ts';

/** The texts about failures: a server has them loaded. */
export const texts: OnDemand<typeof whole> = atHand(whole);
