import { serversOnly } from '@holdfast/core/internal';

/** No browser can connect to Redis, so no code of the fleet must get into the bundle for a browser. */
export function joinFleet(): never {
  return serversOnly('circuitBreaker.redis');
}
