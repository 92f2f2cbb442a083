import { ManualClock } from '@holdfast/core/testing';
import { createResilientClient } from 'holdfast';
import { expect, test } from 'vitest';
import { scripted } from './support/scripted.ts';

test('retries leave the queue in the order in which their calls began', async () => {
  let answerLong = (_: Response): void => {};
  const long = (): Promise<Response> => new Promise((resolve) => (answerLong = resolve));
  const options = { rateLimit: { maxConcurrent: 1 }, retryBudget: false } as const;
  const { api, clock, transport } = scripted([503, 503, long, 200, 200], options);
  const call = (path: string, delayMs: number): Promise<unknown> =>
    api.get(path, { retry: { limit: 1, delay: () => delayMs } });
  const calls: Promise<unknown>[] = [];
  for (const [path, delayMs] of [
    ['a', 400],
    ['b', 100],
    ['long', 0],
  ] as const) {
    calls.push(call(path, delayMs));
    await clock.advance(10);
  }
  await clock.advance(800);
  answerLong(new Response());
  await clock.run(Promise.all(calls));
  expect(transport.requests.map(({ url }) => url.split('/').at(-1))).toEqual(['a', 'b', 'long', 'a', 'b']);
});

test('a hundred calls within half a second, whose first two attempts hang, are answered without a budget, too', async () => {
  const clock = new ManualClock();
  const sent = new Map<string, number>();
  const api = createResilientClient({
    ...{ baseUrl: 'https://api.example.com/', clock, random: () => 0.5, retryBudget: false, timeout: 1000 },
    fetch: (input) => {
      const { url, signal } = input as Request;
      const attempt = (sent.get(url) ?? 0) + 1;
      sent.set(url, attempt);
      if (attempt > 2) return Promise.resolve(new Response('{}'));
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const calls: Promise<number>[] = [];
  for (let index = 0; index < 100; index++) {
    calls.push(
      api.get(`orders/${index}`).then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await clock.advance(5);
  }
  const statuses = await clock.run(Promise.all(calls));
  expect(statuses.filter((status) => status === 200)).toHaveLength(100);
});
