import { attemptTimeout, deadline } from '@holdfast/core';
import type { Feature } from '../feature/feature.ts';
import { checkPlatformLimits } from '../options/platform-limits.ts';

/** Time limits of an attempt and of the whole call: `timeout`, `totalTimeout`. */
export const deadlines: Feature = {
  name: 'deadlines',
  brings: { deadline, attemptTimeout, checkPlatformLimits },
};
