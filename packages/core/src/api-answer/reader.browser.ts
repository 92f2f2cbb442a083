import { type OnDemand, onDemand } from '../platform/on-demand.ts';
import type * as whole from './read-api-answer.ts';

/**
 * What reads the answers of APIs. A page loads it when it is idle after its first answer, or at the first failed answer,
 * which is read plainly where it does not come (`read-plain-answer.ts`).
 */
export const reader: OnDemand<typeof whole> = onDemand('The reader of answers', () => import('./read-api-answer.ts'));
