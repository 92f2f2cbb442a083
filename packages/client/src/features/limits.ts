import { rateLimiter } from '@holdfast/rate-limiter';
import type { Brings } from '../feature/declared.ts';
import type { Feature } from '../feature/feature.ts';

/** The pauses that servers ask for, and your own limits: `rateLimit`. */
export const limits: Feature = {
  name: 'limits',
  brings: { shared: { rateLimit: { standard: {}, create: rateLimiter } } } satisfies Brings['limits'],
};
