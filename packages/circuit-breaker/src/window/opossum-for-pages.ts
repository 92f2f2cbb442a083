import type CircuitBreaker from 'opossum';
// @ts-expect-error This file has no types. It is the main entry's bundle for browsers, so the types are those of that
// entry.
import whole from 'opossum/dist/opossum.min.js';

/** A bundler puts its helpers for CommonJS where such a module is imported, and so not in the first load. */
export const Opossum: typeof CircuitBreaker = whole;
