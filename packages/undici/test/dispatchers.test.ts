import type { ServerResponse } from 'node:http';
import { eventLog } from '@holdfast/core/testing';
import { undiciTransport } from '@holdfast/undici';
import { type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';
import { type Dispatcher, interceptors, MockAgent, Pool } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serve } from './support/world.ts';

function clientOf(dispatcher: Dispatcher, options: ClientOptions = {}): ResilientClient {
  const client = createResilientClient({ transport: undiciTransport(dispatcher), random: () => 0, ...options });
  onTestFinished(() => client.close());
  return client;
}

function poolOf(origin: string, options: Pool.Options = {}): Pool {
  const pool = new Pool(origin, options);
  onTestFinished(() => pool.destroy());
  return pool;
}

/** A server that answers when the test says so. */
async function waiting(): Promise<{ readonly origin: string; readonly came: Promise<ServerResponse> }> {
  let come = (_response: ServerResponse): void => {};
  const came = new Promise<ServerResponse>((resolve) => {
    come = resolve;
  });
  const { origin } = await serve((_incoming, response) => come(response));
  return { origin, came };
}

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error) => error,
  );

describe('a pool', () => {
  test('that is closed while a call runs lets it end, and takes no other; nothing of that was sent', async () => {
    const { origin, came } = await waiting();
    const pool = poolOf(origin);
    const api = clientOf(pool, { retry: 0 });
    const call = api.post(origin, { json: { id: 1 } }).json();
    const response = await came;
    const closed = pool.close();
    expect(await failureOf(api.post(origin, { json: { id: 2 } }))).toMatchObject({
      ...{ name: 'NetworkError', reason: 'UND_ERR_CLOSED', applied: 'no' },
    });
    response.end('{"id": 1}');
    expect(await call).toEqual({ id: 1 });
    await closed;
  });

  test('that is destroyed while a call runs breaks it, and whether the server acted is unknown', async () => {
    const { origin, came } = await waiting();
    const pool = poolOf(origin);
    const call = failureOf(
      clientOf(pool)
        .post(origin, { json: { id: 1 } })
        .json(),
    );
    await came;
    await pool.destroy();
    expect(await call).toMatchObject({ name: 'NetworkError', reason: 'UND_ERR_DESTROYED', applied: 'unknown' });
  });

  test('that is destroyed while a body comes breaks its reader', async () => {
    const { origin, came } = await waiting();
    const pool = poolOf(origin);
    const call = clientOf(pool).fetch(origin);
    (await came).writeHead(200, { 'content-length': '100' }).write('the beginning');
    const response = await call;
    const reading = failureOf(response.text());
    await pool.destroy();
    expect(await reading).toMatchObject({ name: 'TypeError', message: 'terminated' });
  });

  test('that is destroyed while a call waits in it has sent nothing of that call', async () => {
    const { origin, came } = await waiting();
    const pool = poolOf(origin, { connections: 1 });
    const api = clientOf(pool, { retry: 0 });
    const running = failureOf(api.post(origin, { json: { id: 1 } }));
    await came;
    const queued = failureOf(api.post(origin, { json: { id: 2 } }));
    await new Promise((resolve) => setImmediate(resolve));
    await pool.destroy();
    expect(await running).toMatchObject({ applied: 'unknown' });
    expect(await queued).toMatchObject({ applied: 'no' });
  });

  test('with interceptors of undici’s own works through them', async () => {
    const { origin, received } = await serve((_incoming, response) => response.end('hello'));
    const composed = poolOf(origin).compose(interceptors.dns(), interceptors.retry(), interceptors.dump());
    expect(await clientOf(composed).get(origin).text()).toBe('');
    expect(received).toHaveLength(1);
  });
});

describe('a MockAgent', () => {
  function mocked(): MockAgent {
    const mock = new MockAgent();
    mock.disableNetConnect();
    onTestFinished(() => mock.close());
    return mock;
  }

  test('answers in the server’s place, retries and all', async () => {
    const mock = mocked();
    const orders = mock.get('https://api.example.com');
    const intercepted = { path: '/orders', method: 'POST', body: '{"id":1}' };
    orders.intercept(intercepted).reply(503, 'busy');
    orders.intercept(intercepted).reply(201, { id: 42 }, { headers: { 'x-a': ['1', '2'] } });
    const api = clientOf(mock, { idempotencyKeys: true });
    const log = eventLog(api);
    const response = await api.post('https://api.example.com/orders', { json: { id: 1 } });
    expect([response.status, response.headers.get('x-a'), await response.json()]).toEqual([201, '1, 2', { id: 42 }]);
    expect(log.lines).toContain('retry.scheduled 1: 503 → retry 1 of 2 in 0 ms (backoff)');
    mock.assertNoPendingInterceptors();
  });

  test('fails as requested', async () => {
    const mock = mocked();
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    mock.get('https://api.example.com').intercept({ path: '/' }).replyWithError(refused).times(3);
    const error = await failureOf(clientOf(mock).get('https://api.example.com/'));
    expect(error).toMatchObject({ reason: 'ECONNREFUSED', attempts: { length: 3 }, applied: 'no' });
  });

  test('that has no answer fails at once: it will have none in a second', async () => {
    const error = await failureOf(clientOf(mocked()).get('https://api.example.com/'));
    expect(error).toMatchObject({ reason: 'UND_MOCK_ERR_MOCK_NOT_MATCHED', attempts: { length: 1 } });
  });
});
