import { receiving, resuming } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly bodies: { readonly receiving: typeof receiving; readonly resuming: typeof resuming };
  }
}

/** `readBody`, `idleTimeout`, `resumeBody`. */
export const bodies: Feature = { name: 'bodies', brings: { receiving, resuming } };
