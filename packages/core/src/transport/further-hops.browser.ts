import { type OnDemand, onDemand } from '../platform/on-demand.ts';
import type * as whole from './further-hops.ts';

/** What follows redirects. A browser shows none to a page, so a page loads it only where a fetch of its own does. */
export const furtherHops: OnDemand<typeof whole> = onDemand(
  'The following of redirects',
  () => import('./further-hops.ts'),
);
