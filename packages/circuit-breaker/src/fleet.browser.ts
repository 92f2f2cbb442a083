/** No browser can connect to Redis, so no code of the fleet must get into the bundle for a browser. */
export function joinFleet(): never {
  throw new TypeError(
    'circuitBreaker.redis works on servers only: a browser has no connection to Redis; leave it out there',
  );
}
