import { type OnDemand, onDemand } from '@holdfast/core/internal';
import type CircuitBreaker from 'opossum';

/** Loaded at the first failure: as long as all is well, there is nothing in the books that could open a circuit. */
export const opossum: OnDemand<typeof CircuitBreaker> = onDemand(
  'opossum',
  async () => (await import('opossum')).default,
);
