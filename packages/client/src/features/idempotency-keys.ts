import type { Feature } from '../feature/feature.ts';
import { idempotencyKeys as keys } from '../idempotency-keys/idempotency-keys.ts';

/** `idempotencyKeys`. */
export const idempotencyKeys: Feature = {
  name: 'idempotencyKeys',
  brings: { idempotencyKeys: keys },
};
