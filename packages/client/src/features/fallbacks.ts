import { fallback } from '@holdfast/core';
import type { Feature } from '../feature/feature.ts';

/** `fallback`, and the fallbacks of policies. */
export const fallbacks: Feature = { name: 'fallbacks', brings: { fallback } };
