import { type OnDemand, onDemand } from '@holdfast/core/internal';
import type CircuitBreaker from 'opossum';

/** A page loads it at the first failure: without failures the window holds nothing that could open a circuit. */
export const opossum: OnDemand<typeof CircuitBreaker> = onDemand(
  'opossum',
  // @ts-expect-error This file has no types. It is the main entry's bundle for browsers, so the types are those of that
  // entry.
  async () => (await import('opossum/dist/opossum.min.js')).default as typeof CircuitBreaker,
);
