import { ManualClock } from '@holdfast/core/testing';
import { createResilientClient } from 'holdfast';
import { expect, test } from 'vitest';

test('calls that come late in an interruption outlive it, although an earlier call fails for good', async () => {
  const clock = new ManualClock();
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.setTimer(resolve, ms);
    });
  let upAt = 0;
  const client = createResilientClient({
    retry: 3,
    clock,
    random: () => 0.5,
    fetch: async () => {
      const isUp = clock.now() >= upAt;
      await sleep(200);
      return isUp ? Response.json({}) : Response.json({ message: 'down' }, { status: 503 });
    },
  });
  const get = (): Promise<unknown> => client.get('https://api.example.com/orders').json();
  for (let call = 0; call < 20; call++) await clock.run(get());
  const start = clock.now();
  upAt = start + 3_000;
  const late = [2_000, 2_300, 2_600, 2_900].map((ms) => sleep(ms).then(get));
  const all = await clock.run(Promise.allSettled([get(), get(), ...late]));

  expect(all.slice(2).map(({ status }) => status)).toEqual(late.map(() => 'fulfilled'));
});
