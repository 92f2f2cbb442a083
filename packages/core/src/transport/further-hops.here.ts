import { atHand } from '../platform/at-hand.ts';
import type { OnDemand } from '../platform/on-demand.ts';
import * as whole from './further-hops.ts';

/** The code that follows redirects: a server has it loaded. */
export const furtherHops: OnDemand<typeof whole> = atHand(whole);
