import type { Feature } from '../feature/feature.ts';
import { checkNames } from '../options/check-names.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly optionNames: { readonly checkNames: typeof checkNames };
  }
}

/**
 * Refuses names of options that are misspelt, or that belong to another library. Without this feature they are passed
 * to ky and fetch.
 */
export const optionNames: Feature = { name: 'optionNames', brings: { checkNames } };
