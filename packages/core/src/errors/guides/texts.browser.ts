import { type OnDemand, onDemand } from '../../platform/on-demand.ts';
import type { StatusGuide } from './status-guide.ts';

/** A page loads them when the first error is made. */
export const texts: OnDemand<Readonly<Record<number, StatusGuide>>> = onDemand(
  'The error reference',
  async () => (await import('./guides.ts')).guides,
);
