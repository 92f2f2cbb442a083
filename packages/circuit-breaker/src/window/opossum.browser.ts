import { type OnDemand, onDemand } from '@holdfast/core/internal';
import type { Opossum } from './opossum.ts';

/** A page loads it at the first failure: without failures the window holds nothing that could open a circuit. */
export const opossum: OnDemand<Opossum> = onDemand(
  'opossum',
  async () => (await import('./opossum-for-pages.ts')).Opossum,
);
