// How a user of Holdfast tests their own code: two lines create a client whose waits take no time, and msw replaces the
// API.

import { apiError, down, hang, networkError, ok, rateLimited, respondInTurn, tokenExpires } from '@holdfast/testing';
import { holdfastTest } from '@holdfast/testing/vitest';
import { bearerToken, createResilientClient } from 'holdfast';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Shop } from './shop.ts';

const baseUrl = 'https://api.example.com/v1/';
const test = holdfastTest((parts) => createResilientClient({ baseUrl, idempotencyKeys: true, ...parts }));

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

test('an order is found although the API is busy at first', async ({ client, clock }) => {
  server.use(
    respondInTurn(`${baseUrl}orders/42`, [rateLimited({ retryAfterMs: 20_000 }), ok({ id: 42, status: 'paid' })]),
  );
  expect(await new Shop(client).order(42)).toEqual({ id: 42, status: 'paid' });
  expect(client).toHaveRetried(1);
  expect(clock.now()).toBeGreaterThanOrEqual(20_000); // real time: a few milliseconds
});

test('an order that is not there is not an error, and is not asked for twice', async ({ client }) => {
  const orders = respondInTurn(`${baseUrl}orders/7`, [apiError(404, { code: 'order_missing' })]);
  server.use(orders);
  expect(await new Shop(client).order(7)).toBeUndefined();
  expect(orders.calls).toBe(1);
});

test('an order is placed once, with the same key on each attempt', async ({ client }) => {
  const orders = respondInTurn(`POST ${baseUrl}orders`, [networkError(), hang(), ok({ id: 1, status: 'open' })]);
  server.use(orders);
  expect(await new Shop(client).place('tent', 1)).toEqual({ kind: 'placed', order: { id: 1, status: 'open' } });
  const keys = orders.requests.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual([keys[0], keys[0], keys[0]]);
  expect(client).toHaveTranscript([
    `call.started: POST ${baseUrl}orders`,
    'attempt.started 1',
    'attempt.ended 1: NETWORK',
    /^retry.scheduled 1: network error → retry 1 of 2/,
    'attempt.started 2',
    'attempt.timedOut 2: 10000 ms',
    'attempt.ended 2: ATTEMPT_TIMEOUT',
    /^retry.scheduled 2: timeout → retry 2 of 2/,
    'attempt.started 3',
    'attempt.ended 3: 200',
    'call.ended: success after 3 attempts',
  ]);
});

test('a refusal says what is wrong', async ({ client }) => {
  const issues = [{ path: 'quantity', message: 'must be at most 10', code: 'too_large' }];
  server.use(respondInTurn(`POST ${baseUrl}orders`, [apiError(422, { code: 'rule_violated', issues })]));
  expect(await new Shop(client).place('tent', 11)).toEqual({
    kind: 'refused',
    reasons: ['quantity must be at most 10'],
  });
});

test('a customer who cannot order now is asked to come back', async ({ client, clock }) => {
  server.use(respondInTurn(`POST ${baseUrl}orders`, [rateLimited({ retryAfterMs: 3_600_000 })]));
  const inAnHour = new Date(clock.wallNow() + 3_600_000);
  expect(await new Shop(client).place('tent', 1)).toEqual({ kind: 'later', retryAt: inAnHour });
});

test('an outage of a minute passes', async ({ client, clock }) => {
  const shop = new Shop(client);
  server.use(down(`${baseUrl}*`, { answer: ok({ id: 42, status: 'open' }) }).forMs(60_000));
  await expect(shop.order(42)).rejects.toMatchObject({ code: 'NETWORK' });
  await clock.advance(60_000);
  expect(await shop.order(42)).toEqual({ id: 42, status: 'open' });
});

test('all pages are read, at the pace that the API allows', async ({ client }) => {
  const pages = rateLimited(`${baseUrl}orders`, {
    ...{ requests: 2, perMs: 10_000 },
    answer: (request) => {
      const page = Number(new URL(request.url).searchParams.get('page'));
      return Response.json({ orders: [{ id: page, status: 'paid' }], next: page < 5 ? page + 1 : null });
    },
  });
  server.use(pages);
  const ids: number[] = [];
  for await (const { id } of new Shop(client).orders()) ids.push(id);
  expect(ids).toEqual([1, 2, 3, 4, 5]);
  expect(pages.calls).toBe(7);
  expect(client).toHaveRetried(2);
});

const door = tokenExpires(`${baseUrl}*`, { answer: ok({ id: 42, status: 'open' }) });
const signedIn = holdfastTest((parts) =>
  createResilientClient({ baseUrl, auth: bearerToken({ refresh: door.issue }), ...parts }),
);

signedIn('a token that is revoked is renewed once, for however many calls', async ({ client }) => {
  server.use(door);
  const shop = new Shop(client);
  await shop.order(42);
  door.expire();
  await Promise.all([1, 2, 3, 4].map((id) => shop.order(id)));
  expect(door.issued).toBe(2);
});
