import { type OnDemand, onDemand } from '../platform/on-demand.ts';
import type * as whole from './read-api-answer.ts';

/**
 * The reader of API answers. A page loads it when it is idle after its first answer, or at the first failed answer. If
 * it cannot be loaded, the answer is read plainly (`read-plain-answer.ts`).
 */
export const reader: OnDemand<typeof whole> = onDemand('The reader of answers', () => import('./read-api-answer.ts'));
