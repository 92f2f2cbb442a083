import { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startRedis } from '../../../test/redis-server.ts';
import { connectStore } from '../src/fleet/redis.ts';

test.each([{ size: 5, perMs: 700 }, { size: 1, perMs: 700 }, { size: 5 }])(
  'a process that was halted for longer than a permit of %j lasts gets it all the same, and goes on',
  async (spec) => {
    const { url } = await startRedis();
    const failures: Error[] = [];
    const store = await connectStore(
      { redis: url, name: 'default' },
      { failed: (error) => failures.push(error), heard: () => undefined },
    );
    onTestFinished(() => store.close());
    await expect.poll(() => store.isReady).toBe(true);
    // After a halt, a long timer may fire before a short one.
    const platform = globalThis.setTimeout;
    const reversed = (run: () => void, ms = 0): unknown => platform(run, ms === 700 || ms === 60_000 ? 0 : ms + 20);
    vi.stubGlobal('setTimeout', reversed);
    onTestFinished(() => void vi.unstubAllGlobals());

    const { giveBack } = await store.slots('key', spec).acquire(1);

    giveBack();
    expect(failures).toEqual([]);
  },
);

test('a permit of which a process hears late counts from its registration, not from its arrival', async () => {
  const { url } = await startRedis();
  const own = new Redis(url, { enableOfflineQueue: false });
  const redis = { options: own.options, status: own.status, publish: own.publish, duplicate: () => own };
  const store = await connectStore({ redis, name: 'default' }, { failed: () => undefined, heard: () => undefined });
  onTestFinished(() => store.close());
  await expect.poll(() => store.isReady).toBe(true);
  await store.check();
  const slots = store.slots('key', { size: 5, perMs: 60_000 });
  const { ageMs: atOnce } = await slots.acquire(1);
  // The reply to the registration of the next permit comes late.
  const scripts = own as unknown as { register(...args: unknown[]): unknown };
  const { register } = scripts;
  scripts.register = (...args) => {
    const hear = args.pop() as (...reply: unknown[]) => void;
    return register.call(own, ...args, (...reply: unknown[]) => setTimeout(() => hear(...reply), 500));
  };
  const { ageMs } = await slots.acquire(1);
  expect(ageMs).toBeGreaterThan(atOnce + 100);
});

test('a process that hears each reply late gets permits that it may take: they count for that much longer', async () => {
  const { url } = await startRedis();
  const own = new Redis(url, { enableOfflineQueue: false });
  const redis = { options: own.options, status: own.status, publish: own.publish, duplicate: () => own };
  const store = await connectStore({ redis, name: 'default' }, { failed: () => undefined, heard: () => undefined });
  onTestFinished(() => store.close());
  await expect.poll(() => store.isReady).toBe(true);
  await store.check();
  const slots = store.slots('key', { size: 100, perMs: 1_000 });
  await slots.acquire(1);
  const scripts = own as unknown as { register(...args: unknown[]): unknown };
  const { register } = scripts;
  scripts.register = (...args) => {
    const hear = args.pop() as (...reply: unknown[]) => void;
    return register.call(own, ...args, (...reply: unknown[]) => setTimeout(() => hear(...reply), 200));
  };
  const ages: number[] = [];
  for (let permit = 0; permit < 6; permit++) ages.push((await slots.acquire(1)).ageMs);
  expect(Math.min(...ages)).toBeLessThan(100);
});
