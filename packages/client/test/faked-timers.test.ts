import { createResilientClient, type ResilientClient } from 'holdfast';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { until } from './support/scripted.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Lets promises settle and then fires the timers that are due, until the promise has settled or no timer is left. */
async function fireAll<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = (): void => {
    settled = true;
  };
  promise.then(done, done);
  for (let turn = 0; turn < 200 && !settled; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!settled) vi.advanceTimersToNextTimer();
  }
  if (!settled) throw new Error('it hangs');
  return promise;
}

const after = (seconds: number): Response =>
  new Response(null, { status: 429, headers: { 'retry-after': String(seconds) } });

const read = (api: ResilientClient): Promise<number> => Promise.resolve(api.get('x')).then(({ status }) => status);

test('a Retry-After ends where only `setTimeout` is faked: for the call, and for those that wait with it', async () => {
  let sent = 0;
  const transport = async (): Promise<Response> => (++sent === 1 ? after(10) : new Response());
  const api = createResilientClient({ baseUrl: 'https://api.example.com/', transport });
  let paused = false;
  api.on('limiter.paused', () => {
    paused = true;
  });
  const calls = [read(api)];
  await until(() => paused);
  calls.push(...Array.from({ length: 5 }, () => read(api)));
  expect(await fireAll(Promise.all(calls))).toEqual(Array(6).fill(200));
  await api.close();
});

test('so does the wait of a limit by time', async () => {
  const transport = async (): Promise<Response> => new Response();
  const api = createResilientClient({
    baseUrl: 'https://api.example.com/',
    transport,
    rateLimit: { requests: 2, perMs: 5000 },
  });
  expect(await fireAll(Promise.all(Array.from({ length: 8 }, () => read(api))))).toEqual(Array(8).fill(200));
  await api.close();
});
