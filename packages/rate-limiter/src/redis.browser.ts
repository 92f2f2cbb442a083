/** No browser can speak to Redis, and ioredis must not get into its bundle. */
export function connectStore(): never {
  throw new TypeError(
    'rateLimit.redis works on servers only: a browser has no connection to Redis; leave it out there',
  );
}
