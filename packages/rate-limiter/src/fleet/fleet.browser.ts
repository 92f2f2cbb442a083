/** In a browser the options refuse `redis`, so no code of the fleet must get into its bundle. */
export function joinFleet(): never {
  throw new TypeError('rateLimit.redis works on servers only');
}
