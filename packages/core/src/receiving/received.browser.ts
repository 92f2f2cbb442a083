import { type OnDemand, onDemand } from '../platform/on-demand.ts';
import type * as whole from './received.ts';

/** The code that reads bodies within the attempt. A page loads it with the first request that asks for it. */
export const receivedBodies: OnDemand<typeof whole> = onDemand('The reading of bodies', () => import('./received.ts'));
