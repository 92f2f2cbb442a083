import { OptionError } from './validate.ts';

/**
 * @throws TypeError for a value that is neither a Redis URL nor an ioredis client. A URL may hold a password, so the
 * message does not show it.
 */
export function redisOption(redis: unknown, path: string): void {
  if (redis === undefined) return;
  const { publish, duplicate } = Object(redis) as Record<string, unknown>;
  const ready = typeof publish === 'function' && typeof duplicate === 'function';
  if (ready || (typeof redis === 'string' && /^rediss?:\/\/./.test(redis))) return;
  const shown = typeof redis === 'string' ? 'another string' : redis;
  throw new OptionError(path, shown, "must be a URL such as 'redis://localhost:6379', or a ready ioredis client");
}

/** @throws TypeError for an invalid name, and for a name without `redis`. */
export function redisNameOption(name: unknown, redis: unknown, path: string): void {
  if (name === undefined) return;
  if (redis === undefined) throw new TypeError(`${path} has no effect without redis; set redis, too`);
  if (typeof name === 'string' && /^[\w.@/-]{1,100}$/.test(name)) return;
  throw new OptionError(path, name, "must be 1 to 100 letters, digits or any of '_.@/-', such as 'shop'");
}
