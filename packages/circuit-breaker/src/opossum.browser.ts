import { type OnDemand, onDemand } from '@holdfast/core/internal';
import type CircuitBreaker from 'opossum';

/** A page loads it at the first failure: without failures the window holds nothing that could open a circuit. */
export const opossum: OnDemand<typeof CircuitBreaker> = onDemand(
  'opossum',
  // @ts-expect-error It comes without types; they are those of the main entry, of which it is the bundle for browsers.
  async () => (await import('opossum/dist/opossum.min.js')).default as typeof CircuitBreaker,
);
