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
      { failed: (error) => failures.push(error), received: () => undefined },
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

interface Delayed {
  /** Asks for a permit, and returns its age. */
  age(): Promise<number>;
  /** How late this process hears of each permit from now on, in milliseconds of its own clock. */
  lateMs: number;
}

/** A store on a clock that stands still but for the replies that come late. */
async function delayed(spec: { readonly size: number; readonly perMs: number }): Promise<Delayed> {
  const { url } = await startRedis();
  const own = new Redis(url, { enableOfflineQueue: false });
  const redis = { options: own.options, status: own.status, publish: own.publish, duplicate: () => own };
  const store = await connectStore({ redis, name: 'default' }, { failed: () => undefined, received: () => undefined });
  onTestFinished(() => store.close());
  await expect.poll(() => store.isReady).toBe(true);
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  await store.check();
  const slots = store.slots('key', spec);
  const scripts = own as unknown as { register(...args: unknown[]): unknown };
  const { register } = scripts;
  scripts.register = (...args) => {
    const hear = args.pop() as (...reply: unknown[]) => void;
    return register.call(own, ...args, (...reply: unknown[]) => {
      now += all.lateMs;
      hear(...reply);
    });
  };
  const all: Delayed = { lateMs: 0, age: async () => (await slots.acquire(1)).ageMs };
  return all;
}

test('a permit that reaches a process late counts from its registration, not from its arrival', async () => {
  const one = await delayed({ size: 5, perMs: 60_000 });
  expect(await one.age()).toBe(0);
  one.lateMs = 500;
  expect(await one.age()).toBe(500);
});

test('a process that each reply reaches late gets permits that it may take: they count for that much longer', async () => {
  const one = await delayed({ size: 100, perMs: 1_000 });
  await one.age();
  one.lateMs = 200;
  const ages: number[] = [];
  for (let permit = 0; permit < 4; permit++) ages.push(await one.age());
  // A single late reply may be a halt; two are the usual delay.
  expect(ages).toEqual([200, 200, 0, 0]);
});
