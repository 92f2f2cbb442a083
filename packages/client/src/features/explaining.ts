import { explain } from '../explain/explain.ts';
import type { Feature } from '../feature/feature.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly explaining: { readonly explain: typeof explain };
  }
}

/** `client.explain()`. */
export const explaining: Feature = { name: 'explaining', brings: { explain } };
