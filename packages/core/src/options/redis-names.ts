import { builtinModule } from '../platform/builtin-module.ts';

/**
 * Processes share what they know of a server over Redis, and every program that can read there sees it. Its
 * pub/sub channels are the same in all databases. So names begin with the name of the fleet and the database, and
 * values that may identify a sender (a token, a cookie, a key that a function of the user makes) are stored as a
 * digest.
 */

/** A ready Redis client, as far as its settings are needed. */
export interface RedisSettings {
  readonly options?: { readonly db?: number | undefined; readonly password?: string | null | undefined } | undefined;
}

/** How all channels and keys of a fleet begin: its name, and the number of its database. */
export function redisPrefix(name: string, { options }: RedisSettings): string {
  return `holdfast:${name}:${options?.db ?? 0}`;
}

/**
 * Makes digests that are the same in all processes of a fleet: HMAC-SHA-256, cut to 128 bits, its key the name of the
 * fleet and the password of its Redis. A token of many random bits can't be found from its digest. A weak password can
 * be found by trying, where the password of the Redis is known or there is none.
 *
 * @throws TypeError where the runtime lacks `node:crypto`.
 */
export function redisDigest(name: string, { options }: RedisSettings): (text: string) => string {
  const createHmac = builtinModule<NodeCrypto>('node:crypto')?.createHmac;
  if (!createHmac) throw new TypeError('redis needs node:crypto, which this runtime does not have; leave redis out');
  const key = `holdfast ${name} ${options?.password ?? ''}`;
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
}

interface NodeCrypto {
  createHmac(algorithm: string, key: string): { update(text: string): { digest(coding: 'hex'): string } };
}
