/** The options refuse it before; ioredis must not get into a browser's bundle. */
export function connectStore(): never {
  throw new TypeError('rateLimit.redis works on servers only');
}
