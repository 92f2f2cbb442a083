import type { OnDemand } from '@holdfast/core';
import CircuitBreaker from 'opossum';

/** A server has it at hand. */
export const opossum: OnDemand<typeof CircuitBreaker> = {
  loaded: CircuitBreaker,
  load: () => Promise.resolve(CircuitBreaker),
};
