import { type OnDemand, onDemand } from '../../platform/on-demand.ts';
import type * as whole from './guides.ts';

/** The texts about failures. A page loads them when it is idle after its first answer, or when the first error is made. */
export const texts: OnDemand<typeof whole> = onDemand('The error reference', () => import('./guides.ts'));
