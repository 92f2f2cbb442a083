import { coalescer, coalesceScope, resolveCoalesce } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

/** `coalesce`. */
export const coalescing: Feature = {
  name: 'coalescing',
  brings: { coalescer, coalesceScope, resolveCoalesce },
};
