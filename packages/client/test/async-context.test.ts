import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ManualClock } from '@holdfast/core/testing';
import { type ClientOptions, createResilientClient } from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';
import { baseUrl } from './support/scripted.ts';
import { serve } from './support/server.ts';
import { after, tenants } from './support/tenants.ts';

const count = 6;
const ofEachCall = [
  ...['token', 'circuitBreaker.key', 'perCall before', 'perCall after', 'perAttempt before', 'perAttempt after'],
  ...['fetch', 'beforeRequest', 'afterResponse', 'parseJson'],
  ...['call.started', 'call.ended', 'attempt.started', 'attempt.ended'],
];

describe('all that runs for a call runs in the async context of that call', () => {
  test.each<[string, ClientOptions]>([
    ['a limit on calls at once', { rateLimit: { maxConcurrent: 1 } }],
    ['a limit per window', { rateLimit: { requests: 1, perMs: 100 } }],
    ['a least time between calls', { rateLimit: { minTimeMs: 50 } }],
    ['three limits', { rateLimit: [{ maxConcurrent: 2 }, { requests: 2, perMs: 100 }, { requests: 4, perMs: 1000 }] }],
  ])('behind %s', async (_name, options) => {
    const clock = new ManualClock();
    const { crossings, seen, callAll } = tenants(options, (tenant) => after(clock, 20, tenant), clock);
    const answers = await callAll(count);
    expect(answers).toEqual(Array.from({ length: count }, (_, index) => ({ tenant: `t${index}` })));
    expect([...seen]).toEqual(expect.arrayContaining([...ofEachCall, 'permit.queued', 'permit.granted']));
    expect(crossings).toEqual([]);
  });

  test('after one 503 that names a time, with all defaults: during the pause, and when calls are released after it', async () => {
    const clock = new ManualClock();
    let isFirst = true;
    const { crossings, seen, callAll } = tenants(
      {},
      (tenant) => {
        const init = isFirst ? { status: 503, headers: { 'retry-after': '1' } } : {};
        isFirst = false;
        return after(clock, 20, tenant, init);
      },
      clock,
    );
    const first = callAll(1);
    await clock.advance(30);
    const all = await callAll(count);
    await first;
    expect(all).toEqual(Array.from({ length: count }, (_, index) => ({ tenant: `t${index}` })));
    const ofRetry = ['permit.queued', 'permit.granted', 'when', 'beforeRetry', 'retry.scheduled', 'limiter.paused'];
    expect([...seen]).toEqual(expect.arrayContaining([...ofEachCall, ...ofRetry]));
    expect(crossings).toEqual([]);
  });

  test('when many calls time out, and only a few go at once until the server has recovered', async () => {
    const clock = new ManualClock();
    const { api, crossings, seen, callAll } = tenants(
      { retry: 0, timeout: 1000, circuitBreaker: false, rateLimit: {} },
      (tenant, sent) => after(clock, sent <= 2 ? 5000 : 20, tenant),
      clock,
    );
    await callAll(40);
    await callAll(40);
    expect(api.snapshot().limiters[0]?.limitedTo).toBeDefined();
    await callAll(40);
    expect([...seen]).toEqual(expect.arrayContaining(['permit.queued', 'permit.granted', 'attempt.timedOut']));
    expect(crossings).toEqual([]);
  });

  test('with priorities, where those that come later go first', async () => {
    const clock = new ManualClock();
    const { api, session, crossings, seen } = tenants(
      { rateLimit: { maxConcurrent: 1 } },
      (tenant) => after(clock, 20, tenant),
      clock,
    );
    await Promise.all(
      (['low', 'auto', 'high', 'low', 'high'] as const).map((priority, index) =>
        session.run(`t${index}`, () => api.get(`orders?tenant=t${index}`, { priority }).json()),
      ),
    );
    expect([...seen]).toEqual(expect.arrayContaining([...ofEachCall, 'permit.granted']));
    expect(crossings).toEqual([]);
  });

  test('of a call that waits no longer', async () => {
    const clock = new ManualClock();
    const { api, crossings, seen, callAll } = tenants(
      { rateLimit: { maxConcurrent: 1, maxQueueMs: 30 } },
      (tenant) => after(clock, 100, tenant),
      clock,
    );
    const answers = await callAll(3);
    expect(answers.map((one) => (one as { code?: string }).code)).toEqual([
      undefined,
      'QUEUE_TIMEOUT',
      'QUEUE_TIMEOUT',
    ]);
    expect(seen).toContain('call.rejected');
    expect(api.snapshot().limiters[0]?.queued).toBe(0);
    expect(crossings).toEqual([]);
  });

  test('of a call for which the pause is too long that the answer to another call has asked for', async () => {
    const clock = new ManualClock();
    const { crossings, seen, callAll } = tenants(
      { retry: 0, rateLimit: { maxConcurrent: 1 } },
      (tenant) => after(clock, 20, tenant, { status: 503, headers: { 'retry-after': '600' } }),
      clock,
    );
    const answers = await callAll(3);
    expect(answers.map((one) => (one as { code?: string }).code)).toEqual([
      'API_ERROR',
      'QUEUE_TIMEOUT',
      'QUEUE_TIMEOUT',
    ]);
    expect(seen).toContain('call.rejected');
    expect(crossings).toEqual([]);
  });
});

test('a permit that is given to a call whose caller gives up in the same moment goes to the next one', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const session = new AsyncLocalStorage<string>();
  const sent: unknown[] = [];
  const api = createResilientClient({
    baseUrl,
    clock,
    rateLimit: { maxConcurrent: 1 },
    fetch: async () => {
      sent.push(session.getStore());
      // The answer frees the permit. The caller of the next call aborts before that call learns of its turn.
      if (sent.length === 1) queueMicrotask(() => controller.abort(new Error('gone')));
      return new Response(null, { status: 204 });
    },
  });
  const call = (tenant: string, signal?: AbortSignal): Promise<unknown> =>
    session
      .run(tenant, () => api.get('x', signal ? { signal } : {}).then(({ status }) => status))
      .catch((error: Error) => error.message);
  const all = Promise.all([call('a'), call('b', controller.signal), call('c')]);
  expect(await clock.run(all)).toEqual([204, 'gone', 204]);
  expect(sent).toEqual(['a', 'c']);
  expect(api.snapshot().limiters).toMatchObject([{ running: 0, queued: 0 }]);
  await api.close();
});

test('a tracer that listens to undici sees each request in the context of its call, also after a queue and a retry', async () => {
  const session = new AsyncLocalStorage<string>();
  const spans: string[] = [];
  const trace = (message: unknown): void => {
    const { path } = (message as { request: { path: string } }).request;
    if (path.startsWith('/traced/')) spans.push(`${path} in ${session.getStore()}`);
  };
  subscribe('undici:request:create', trace);
  onTestFinished(() => void unsubscribe('undici:request:create', trace));
  const failed = new Set<string>();
  const { origin } = await serve(({ path }, response) => {
    const isFirst = !failed.has(path);
    failed.add(path);
    response.writeHead(isFirst ? 503 : 204).end();
  });
  const api = createResilientClient({ baseUrl: origin, rateLimit: { maxConcurrent: 1 } });
  const paths = ['a', 'b', 'c', 'd'].map((name) => `/traced/${name}`);

  await Promise.all(paths.map((path) => session.run(path, () => api.get(path))));

  expect(spans.toSorted()).toEqual(paths.flatMap((path) => [`${path} in ${path}`, `${path} in ${path}`]));
  await api.close();
});
