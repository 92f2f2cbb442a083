import { serversOnly } from '@holdfast/core/internal';

/** In a browser the options refuse `redis`, so no code of the fleet must get into its bundle. */
export function joinFleet(): never {
  return serversOnly('rateLimit.redis');
}
