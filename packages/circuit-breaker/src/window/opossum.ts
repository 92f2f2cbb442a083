import { type OnDemand, onDemand } from '@holdfast/core/internal';
import type CircuitBreaker from 'opossum';

/** opossum's class. Only this file and its form for pages name the package. */
export type Opossum = typeof CircuitBreaker;

/** Loaded at the first failure: without failures, nothing in the rolling window could open a circuit. */
export const opossum: OnDemand<Opossum> = onDemand('opossum', async () => (await import('opossum')).default);
