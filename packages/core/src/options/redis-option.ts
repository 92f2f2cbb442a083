import { OptionError } from './validate.ts';

/** @throws TypeError for what is neither a Redis URL nor a ready ioredis client. A URL may hold a password: it is not told. */
export function redisOption(redis: unknown, path: string): void {
  if (redis === undefined) return;
  const { publish, duplicate } = Object(redis) as Record<string, unknown>;
  const ready = typeof publish === 'function' && typeof duplicate === 'function';
  if (ready || (typeof redis === 'string' && /^rediss?:\/\/./.test(redis))) return;
  const shown = typeof redis === 'string' ? 'another string' : redis;
  throw new OptionError(path, shown, "must be a URL such as 'redis://localhost:6379', or a ready ioredis client");
}
