import { boundShortcuts, fencedTransport, originFence, refuseOutside } from '@holdfast/core/internal';
import type { Feature } from '../feature/feature.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly fences: {
      readonly fencedTransport: typeof fencedTransport;
      readonly originFence: typeof originFence;
      readonly refuseOutside: typeof refuseOutside;
      readonly boundShortcuts: typeof boundShortcuts;
    };
  }
}

/** `allowedOrigins` and `maxResponseBytes`. */
export const fences: Feature = {
  name: 'fences',
  brings: { fencedTransport, originFence, refuseOutside, boundShortcuts },
};
