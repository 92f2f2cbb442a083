import { boundShortcuts, fencedTransport, originFence, refuseOutside } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

/** `allowedOrigins` and `maxResponseBytes`. */
export const fences: Feature = {
  name: 'fences',
  brings: { fencedTransport, originFence, refuseOutside, boundShortcuts },
};
