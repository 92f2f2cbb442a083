/** No browser can speak to Redis, and nothing that a fleet takes must get into its bundle. */
export function joinFleet(): never {
  throw new TypeError(
    'circuitBreaker.redis works on servers only: a browser has no connection to Redis; leave it out there',
  );
}
