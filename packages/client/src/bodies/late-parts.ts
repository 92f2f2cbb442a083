import type { OnDemand } from '@holdfast/core/internal';
import { atHand } from '@holdfast/core/internal/late';
import * as received from './received.ts';
import * as resumed from './resumed-body.ts';

/** The code that reads bodies within the attempt: a server has it loaded. */
export const reading: OnDemand<typeof received> = atHand(received);
/** The code that continues a body that breaks. */
export const resumption: OnDemand<typeof resumed> = atHand(resumed);
