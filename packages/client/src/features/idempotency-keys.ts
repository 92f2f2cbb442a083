import type { Feature } from '../feature/feature.ts';
import { idempotencyKeys as keys } from '../idempotency-keys/idempotency-keys.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly idempotencyKeys: { readonly idempotencyKeys: typeof keys };
  }
}

/** `idempotencyKeys`. */
export const idempotencyKeys: Feature = {
  name: 'idempotencyKeys',
  brings: { idempotencyKeys: keys },
};
