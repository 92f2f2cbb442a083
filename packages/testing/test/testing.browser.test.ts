import { networkError, ok, rateLimited, respondInTurn, slow, tokenExpires, truncated } from '@holdfast/testing';
import { holdfastTest } from '@holdfast/testing/vitest';
import { bearerToken, createResilientClient } from 'holdfast';
import { setupWorker } from 'msw/browser';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

const base = `${location.origin}/v1`;
const url = `${base}/orders/1`;
const worker = setupWorker();
beforeAll(() => worker.start({ quiet: true, onUnhandledFrame: 'error' }));
afterEach(() => worker.resetHandlers());
afterAll(() => worker.stop());

const test = holdfastTest((parts) =>
  createResilientClient({ baseUrl: `${base}/`, retryBudget: false, retry: 5, ...parts }),
);

test('a page gets through every kind of failure, in virtual time', async ({ client, clock }) => {
  const orders = respondInTurn(url, [
    503,
    rateLimited({ retryAfterMs: 60_000 }),
    networkError(),
    slow(ok({ id: 0 }), 500),
    truncated(),
    ok({ id: 1 }),
  ]);
  worker.use(orders);
  expect(await client.get('orders/1', { totalTimeout: false }).json()).toEqual({ id: 0 });
  expect(client).toHaveRetried(3);
  expect(clock.now()).toBe(125 + 60_250 + 500 + 500);
  await expect(client.get('orders/1').json()).rejects.toMatchObject({ code: 'NETWORK' });
  expect(await client.get('orders/1').json()).toEqual({ id: 1 });
  expect(orders.calls).toBe(6);
});

test('a timeout ends what the worker keeps back, and nothing else', async ({ client, clock }) => {
  worker.use(respondInTurn(url, [slow(200, 20_000), ok({ id: 1 })]));
  expect(await client.get('orders/1', { timeout: 5000 }).json()).toEqual({ id: 1 });
  expect(clock.now()).toBe(5125);
});

const door = tokenExpires(`${base}/*`, { tellsExpiry: false, answer: ok('in') });
const secured = holdfastTest((parts) =>
  createResilientClient({ baseUrl: `${base}/`, auth: bearerToken({ refresh: door.issue }), ...parts }),
);
secured('a token is renewed once for all calls of a page', async ({ client, clock }) => {
  worker.use(door);
  const ask = (): Promise<unknown[]> => Promise.all(['a', 'b', 'c'].map((path) => client.get(path).json()));
  expect(await ask()).toEqual(['in', 'in', 'in']);
  await clock.advance(60_000);
  expect(await ask()).toEqual(['in', 'in', 'in']);
  expect(door.issued).toBe(2);
});

test('a page’s abort ends the call at once', async ({ client, clock }) => {
  const orders = respondInTurn(url, [slow(200, 20_000)]);
  worker.use(orders);
  const controller = new AbortController();
  const call = client.get('orders/1', { signal: controller.signal });
  controller.abort(new Error('left the page'));
  await expect(call).rejects.toThrow('left the page');
  expect(clock.pending).toBe(0);
});
