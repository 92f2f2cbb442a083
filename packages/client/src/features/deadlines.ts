import { attemptTimeout, deadline } from '@holdfast/core/internal';
import { checkPlatformLimits } from '#platform-limits';
import type { Feature } from '../feature/feature.ts';

declare module '../feature/declared.js' {
  interface Brings {
    readonly deadlines: {
      readonly deadline: typeof deadline;
      readonly attemptTimeout: typeof attemptTimeout;
      readonly checkPlatformLimits: typeof checkPlatformLimits;
    };
  }
}

/** Time limits of an attempt and of the whole call: `timeout`, `totalTimeout`. */
export const deadlines: Feature = {
  name: 'deadlines',
  brings: { deadline, attemptTimeout, checkPlatformLimits },
};
