import { type OnDemand, onDemand } from '../platform/on-demand.ts';
import type * as whole from './further-hops.ts';

/**
 * The code that follows redirects. A browser shows none to a page, so a page loads it only if a user's own fetch shows
 * one.
 */
export const furtherHops: OnDemand<typeof whole> = onDemand(
  'The following of redirects',
  () => import('./further-hops.ts'),
);
