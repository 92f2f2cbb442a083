import { fallback } from '@holdfast/core';
import type { Brings } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';

/** `fallback`, and the fallbacks of policies. */
export const fallbacks: Feature = { name: 'fallbacks', brings: { fallback } satisfies Brings['fallbacks'] };
