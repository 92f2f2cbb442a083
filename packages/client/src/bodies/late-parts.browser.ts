import { onDemand } from '@holdfast/core/internal';
import type * as here from './late-parts.ts';

/** The code that reads bodies within the attempt. A page loads it with the first request that asks for it. */
export const reading: typeof here.reading = onDemand('The reading of bodies', () => import('./received.ts'));
/** The code that continues a body that breaks. */
export const resumption: typeof here.resumption = onDemand('Resumption of bodies', () => import('./resumed-body.ts'));
