import { fallback } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly fallbacks: { readonly fallback: typeof fallback };
  }
}

/** `fallback`, and the fallbacks of policies. */
export const fallbacks: Feature = { name: 'fallbacks', brings: { fallback } };
