import { rateLimiter } from '@holdfast/rate-limiter';
import type { Feature } from '../feature/feature.ts';

/** The pauses that servers ask for, and your own limits: `rateLimit`. */
export const limits: Feature = {
  name: 'limits',
  brings: { shared: { rateLimit: { standard: {}, create: rateLimiter } } },
};
