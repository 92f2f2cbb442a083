import { checkDialects } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly dialects: { readonly checkDialects: typeof checkDialects };
  }
}

/** `dialect`. */
export const dialects: Feature = { name: 'dialects', brings: { checkDialects } };
