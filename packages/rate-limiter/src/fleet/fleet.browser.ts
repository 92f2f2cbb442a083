/** The options refuse it before; nothing that a fleet takes must get into a browser's bundle. */
export function joinFleet(): never {
  throw new TypeError('rateLimit.redis works on servers only');
}
