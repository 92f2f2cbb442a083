import { eventLog } from '@holdfast/core/testing';
import { bearerToken, type Credentials, retry, type Strategy } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

test('a child has the options of its parent and its own', async () => {
  const { api, clock, transport } = scripted([200, 200], { headers: { a: '1' } });
  const child = api.extend({ headers: { b: '2' } });
  await clock.run(child.get('x'));
  await clock.run(api.get('x'));
  expect(transport.requests[0]?.headers).toMatchObject({ a: '1', b: '2' });
  expect(transport.requests[1]?.headers).not.toHaveProperty('b');
});

test('a function gets the options of its parent', async () => {
  const { api, clock, transport } = scripted([200, 200], { headers: { a: '1' }, timeout: 1234 });
  const child = api.extend((parent) => ({ headers: { seen: String(parent.timeout) } }));
  await clock.run(child.get('x'));
  expect(transport.requests[0]?.headers).toMatchObject({ a: '1', seen: '1234' });
  await clock.run(
    child
      .extend((parent) => ({ headers: { seen: new Headers(parent.headers as HeadersInit).get('a') ?? '', c: '3' } }))
      .get('x'),
  );
  expect(transport.requests[1]?.headers).toMatchObject({ a: '1', seen: '1', c: '3' });
});

test('options that a function returns unchanged are no change: budget and credentials stay shared', async () => {
  let refreshes = 0;
  const refresh = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return `t${++refreshes}`;
  };
  const auth = bearerToken({ token: 'old', refresh });
  const { api, clock } = scripted([401, 401, 200, 200], { auth, retryBudget: { ratio: 0.5 } });
  const child = api.extend((parent) => ({ ...parent, timeout: 50 }));
  await clock.run(Promise.all([api.get('x'), child.get('x')]));
  expect(refreshes).toBe(1);
  expect(child.snapshot().budgets).toEqual(api.snapshot().budgets);
  expect(api.snapshot().budgets[0]?.tokens).toBe(3);
});

test('the budget is shared, until it is changed', async () => {
  const { api, clock } = scripted([503, 503, 503, 503]);
  await clock.run(rejection(api.extend({ timeout: 100 }).get('x')));
  expect(api.snapshot().budgets).toHaveLength(1);
  expect(api.snapshot().budgets[0]?.tokens).toBeLessThan(1);
  const own = api.extend({ retryBudget: { ratio: 1 } });
  expect(own.snapshot().budgets).toEqual([]);
  expect(api.extend({ retryBudget: false }).snapshot().budgets).toEqual([]);
});

test('credentials are shared: a refresh by the child is the parent’s', async () => {
  let refreshes = 0;
  const auth = bearerToken({ token: 'old', refresh: () => `new${++refreshes}` });
  const { api, clock, transport } = scripted([401, 200, 200], { auth });
  await clock.run(api.extend({ timeout: 100 }).get('x'));
  await clock.run(api.get('x'));
  expect(refreshes).toBe(1);
  expect(transport.requests.at(-1)?.headers['authorization']).toBe('Bearer new1');
});

test('a child with its own credentials does not change its parent’s', async () => {
  const mine: Credentials = { header: 'authorization', get: () => 'Bearer mine' };
  const { api, clock, transport } = scripted([200, 200], { auth: bearerToken({ token: 'parent' }) });
  await clock.run(api.extend({ auth: mine }).get('x'));
  await clock.run(api.get('x'));
  expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer mine', 'Bearer parent']);
});

test('listeners get the calls of parent and child', async () => {
  const { api, clock, log } = scripted([200, 200]);
  const child = api.extend({});
  const ofChild = eventLog(child);
  await clock.run(api.get('x'));
  await clock.run(child.get('x'));
  expect(log.lines).toHaveLength(8);
  expect(ofChild.lines).toEqual(log.lines);
});

test('policies of a child come before those of its parent', async () => {
  const scene = scripted(Array(9).fill(503), { policies: { '5xx': retry({ limit: 0 }) }, retryBudget: false });
  const child = scene.api.extend({ policies: { 503: retry({ limit: 1 }) } });
  await scene.clock.run(rejection(child.get('x')));
  expect(scene.transport.requests).toHaveLength(2);
  expect(child.explain({ status: 500 }).rule).toBe("policies['5xx']");
});

test('hooks, idempotency keys, fallback and strategies come along', async () => {
  const order: string[] = [];
  const ring = (name: string): Strategy => ({
    name,
    execute(request, next, context) {
      order.push(name);
      return next(request, context);
    },
  });
  const hooks = { beforeRequest: [() => void order.push('hook')] };
  const { api, clock, transport } = scripted([404], {
    hooks,
    idempotencyKeys: { generate: () => 'k1' },
    fallback: () => new Response('instead'),
    perCall: [ring('call')],
    perAttempt: [ring('attempt')],
  });
  const child = api.extend({ headers: { b: '2' }, perCall: undefined });
  expect(await clock.run(child.post('x').text())).toBe('instead');
  expect(order).toEqual(['hook', 'call', 'attempt']);
  expect(transport.requests[0]?.headers).toMatchObject({ 'idempotency-key': 'k1', b: '2' });
});

test('what extends must be an object, or a function that returns one', () => {
  const { api } = scripted([]);
  for (const bad of [undefined, null, 5, 'x', () => undefined, () => 5]) {
    expect(() => api.extend(bad as never)).toThrow(/^extend: options must be an object/);
  }
});
