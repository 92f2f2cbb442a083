import { fallback } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

/** `fallback`, and the fallbacks of policies. */
export const fallbacks: Feature = { name: 'fallbacks', brings: { fallback } };
