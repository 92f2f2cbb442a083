import { describe, expect, it } from 'vitest';
import { redisDigest, redisPrefix } from './redis-names.ts';
import { redisNameOption } from './redis-option.ts';

describe('names in Redis', () => {
  it('begin with the name of the fleet and the database', () => {
    expect(redisPrefix('shop', { options: { db: 3 } })).toBe('holdfast:shop:3');
    expect(redisPrefix('shop', {})).toBe('holdfast:shop:0');
  });

  it('hold digests that are the same in each process of a fleet, and others in another fleet', () => {
    const options = { password: 'hunter2' };
    const digest = redisDigest('shop', { options });
    expect(digest('Bearer abc')).toMatch(/^[0-9a-f]{32}$/);
    expect(redisDigest('shop', { options })('Bearer abc')).toBe(digest('Bearer abc'));
    const others = [
      digest('Bearer abd'),
      redisDigest('other', { options })('Bearer abc'),
      redisDigest('shop', { options: { password: 'another' } })('Bearer abc'),
      redisDigest('shop', {})('Bearer abc'),
    ];
    expect(new Set([...others, digest('Bearer abc')]).size).toBe(5);
  });

  it.each(['', 'a b', 'a:b', 'x'.repeat(101), 42, null])('are refused for a fleet called %j', (name) => {
    expect(() => redisNameOption(name, 'redis://x', 'rateLimit.redisName')).toThrow(
      /^rateLimit\.redisName must be 1 to 100 letters/,
    );
  });

  it('are for a fleet only', () => {
    expect(() => redisNameOption('shop', undefined, 'rateLimit.redisName')).toThrow(
      'rateLimit.redisName has no effect without redis; set redis, too',
    );
    expect(() => redisNameOption('shop', 'redis://x', 'rateLimit.redisName')).not.toThrow();
  });
});
