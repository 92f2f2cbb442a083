import { attemptTimeout, deadline } from '@holdfast/core/internal';
import { checkPlatformLimits } from '#platform-limits';
import type { Feature } from '../feature/feature.ts';
import type { checkPlatformLimits as CheckPlatformLimits } from '../options/platform-limits.ts';

// The declarations name no `#` import: TypeScript's older resolution (`node10`) finds none.
declare module '../feature/declared.js' {
  interface Brings {
    readonly deadlines: {
      readonly deadline: typeof deadline;
      readonly attemptTimeout: typeof attemptTimeout;
      readonly checkPlatformLimits: typeof CheckPlatformLimits;
    };
  }
}

/** Time limits of an attempt and of the whole call: `timeout`, `totalTimeout`. */
export const deadlines: Feature = {
  name: 'deadlines',
  brings: { deadline, attemptTimeout, checkPlatformLimits },
};
