import { AsyncLocalStorage } from 'node:async_hooks';
import { ManualClock } from '@holdfast/core/testing';
import {
  bearerToken,
  type ClientOptions,
  createResilientClient,
  exponentialBackoff,
  type ResilientClient,
  retry,
} from 'holdfast';
import { expect, onTestFinished, test } from 'vitest';
import { baseUrl } from './support/scripted.ts';

const session = new AsyncLocalStorage<string>();

interface Scene {
  readonly api: ResilientClient;
  /** Each time that one of the user's functions ran outside the context of its own call. */
  readonly crossings: string[];
  /** How often each function ran. */
  readonly ran: Map<string, number>;
  look<T>(what: string, value: T, tenant?: string): T;
  as<T>(tenant: string, work: () => T): T;
}

/** Sends calls for each tenant in turn; with several tenants at once, while another tenant's call may be under way. */
function scene(
  options: (look: Scene['look']) => ClientOptions,
  answer: (tenant: string, sent: number) => Response,
): Scene {
  const clock = new ManualClock();
  const stop = clock.flow();
  const crossings: string[] = [];
  const ran = new Map<string, number>();
  const sent = new Map<string, number>();
  const look: Scene['look'] = (what, value, tenant) => {
    ran.set(what, (ran.get(what) ?? 0) + 1);
    const here = session.getStore();
    if (here === undefined || (tenant !== undefined && here !== tenant))
      crossings.push(`${what}: ${tenant} in ${here}`);
    return value;
  };
  const api = createResilientClient({
    ...{ baseUrl, clock, random: () => 0.5, rateLimit: { maxConcurrent: 1 } },
    ...options(look),
    fetch: async (input) => {
      const { url } = input as Request;
      const tenant = new URL(url).searchParams.get('tenant') ?? '';
      look('fetch', undefined, tenant);
      const times = (sent.get(tenant) ?? 0) + 1;
      sent.set(tenant, times);
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 10));
      return answer(tenant, times);
    },
  });
  api.on(({ callId, url, type }) => {
    if (callId !== '' && url) look(`event ${type}`, undefined, new URL(url).searchParams.get('tenant') ?? undefined);
  });
  onTestFinished(async () => {
    stop();
    await api.close();
  });
  return { api, crossings, ran, look, as: (tenant, work) => session.run(tenant, work) };
}

const tenants = ['ann', 'bob', 'cas', 'dan'];
const tenantOf = ({ url }: { readonly url: string }): string | undefined =>
  new URL(url).searchParams.get('tenant') ?? undefined;

/** Checks that exactly the expected functions ran, and none in the context of another call. */
function expectOwn({ crossings, ran }: Scene, ...names: readonly string[]): void {
  expect(crossings).toEqual([]);
  for (const name of names) expect(ran.get(name), name).toBeGreaterThanOrEqual(tenants.length);
}

const ask = (all: Scene, call: (api: ResilientClient, url: string) => Promise<unknown>): Promise<unknown[]> =>
  Promise.all(
    tenants.map((tenant) =>
      all.as(tenant, () => call(all.api, `orders?tenant=${tenant}`).catch((error: Error) => error)),
    ),
  );

test('of a call that fails, is retried and falls back, behind a queue', async () => {
  const all = scene(
    (look) => ({
      auth: bearerToken({
        account: () => look('account', session.getStore() ?? ''),
        refresh: async () => look('refresh', { token: `t-${session.getStore()}` }),
      }),
      rateLimit: [
        { maxConcurrent: 1, key: (request) => look('rateLimit.key', 'one', tenantOf(request)) },
        {
          ...{ unit: 'tokens', amount: 1000, perMs: 1000 },
          cost: async (request) => look('cost', 1, tenantOf(request)),
          usage: () => look('usage', 1),
        },
      ],
      policies: {
        500: (_outcome, { url }) => look('policy', retry({ limit: 1, backoff: backoff(look) }), tenantOf({ url })),
      },
      idempotencyKeys: { generate: () => look('generate', crypto.randomUUID()) },
      docsUrl: () => look('docsUrl', 'https://docs.example'),
      fallback: (_error, { url }) => look('fallback', undefined, tenantOf({ url })),
      retry: { limit: 1, shouldRetry: () => look('shouldRetry', undefined) },
      throwHttpErrors: () => look('throwHttpErrors', true),
      hooks: { beforeError: [({ error }) => look('beforeError', error)] },
      stringifyJson: (value) => look('stringifyJson', JSON.stringify(value)),
      parseJson: (text) => JSON.parse(look('parseJson', text)),
      circuitBreaker: false,
      retryBudget: false,
    }),
    (tenant) => Response.json({ error: { message: tenant } }, { status: 500 }),
  );
  const ends = await ask(all, (api, url) => api.post(url, { json: {} }).json());
  expect(ends.map((error) => (error as { code?: string }).code)).toEqual(tenants.map(() => 'API_ERROR'));
  expectOwn(all, 'account', 'refresh', 'rateLimit.key', 'cost', 'policy', 'backoff', 'generate', 'docsUrl', 'fallback');
  expectOwn(
    all,
    'beforeError',
    'stringifyJson',
    'throwHttpErrors',
    'fetch',
    'event call.ended',
    'event retry.scheduled',
  );
});

const backoff = (look: Scene['look']): ReturnType<typeof exponentialBackoff> =>
  exponentialBackoff({ initialMs: 10, jitter: (ms) => look('backoff', ms) });

test('of a call that is answered behind a queue, a shared request and a cache', async () => {
  const schema = (look: Scene['look'], name: string) => ({
    '~standard': {
      ...{ version: 1 as const, vendor: 'test' },
      validate: async (value: unknown) => look(name, { value }),
    },
  });
  const all = scene(
    (look) => ({
      coalesce: { partition: ({ request }) => look('coalesce', session.getStore() ?? '', tenantOf(request)) },
      responseCache: { partition: (request) => look('responseCache', session.getStore() ?? '', tenantOf(request)) },
      dialect: { name: 'd', failure: { when: { path: 'ok', is: false } }, read: () => look('dialect.read', {}) },
      parseJson: (text) => JSON.parse(look('parseJson', text)),
      onDownloadProgress: () => look('onDownloadProgress', undefined),
      rateLimit: [
        { maxConcurrent: 1 },
        {
          unit: 'tokens',
          amount: 1000,
          perMs: 1000,
          cost: () => 1,
          usage: () => look('usage', 1),
        },
      ],
    }),
    (tenant) => Response.json({ tenant }, { headers: { 'cache-control': 'max-age=60' } }),
  );
  const ends = await ask(all, (api, url) => api.get(url).json(schema(all.look, 'schema') as never));
  expect(ends).toEqual(tenants.map((tenant) => ({ tenant })));
  await ask(all, (api, url) => api.get(url).json());
  expectOwn(all, 'coalesce', 'responseCache', 'parseJson', 'onDownloadProgress', 'schema', 'usage', 'event cache.hit');
});

test('of a stream behind a queue', async () => {
  const all = scene(
    () => ({}),
    (tenant, sent) =>
      new Response(`id: ${sent}\ndata: ${tenant}\n\n${sent > 1 ? 'data: end\n\n' : ''}`, {
        headers: { 'content-type': 'text/event-stream' },
      }),
  );
  const read = async (api: ResilientClient, url: string): Promise<string[]> => {
    const tenant = session.getStore();
    const events = api.events(url, {
      isFailure: () => all.look('isFailure', false, tenant),
      until: ({ data }) => all.look('until', data === 'end', tenant),
      resume: () => all.look('resume', {}, tenant),
    });
    const seen: string[] = [];
    for await (const { data } of events) seen.push(data);
    return seen;
  };
  expect(await ask(all, read)).toEqual(tenants.map((tenant) => [tenant, tenant, 'end']));
  expectOwn(all, 'isFailure', 'until', 'resume', 'event stream.resumed', 'event call.ended');
});

/** What reads an answer may run outside of the call's context: a framework that forwards a body, a pipe, a worker. */
const elsewhere = <T>(work: () => T): T => session.exit(work);

test('of a body that is continued, which is read in no context at all', async () => {
  const headers = { etag: '"v1"', 'content-length': '4' };
  const broken = (): ReadableStream =>
    new ReadableStream(
      {
        start: (controller) => controller.enqueue(new TextEncoder().encode('ab')),
        pull: (controller) => controller.error(new TypeError('terminated')),
      },
      { highWaterMark: 0 },
    );
  const all = scene(
    (look) => ({
      auth: bearerToken({ token: () => look('token', `t-${session.getStore()}`) }),
      perAttempt: [
        {
          name: 'mine',
          execute: (request, next, context) => next(look('perAttempt', request, tenantOf(request)), context),
        },
      ],
      resumeBody: true,
    }),
    (_, sent) =>
      sent === 1
        ? new Response(broken(), { headers })
        : new Response('cd', { status: 206, headers: { ...headers, 'content-range': 'bytes 2-3/4' } }),
  );
  const ends = await ask(all, async (api, url) => {
    const response = await api.get(url);
    return elsewhere(() => response.text());
  });
  expect(ends).toEqual(tenants.map(() => 'abcd'));
  expect(all.ran.get('fetch')).toBe(2 * tenants.length);
  expectOwn(all, 'token', 'perAttempt', 'fetch', 'event body.resumed');
});

test('of a stream, which is read in no context at all', async () => {
  const all = scene(
    (look) => ({ auth: bearerToken({ token: () => look('token', `t-${session.getStore()}`) }) }),
    (tenant, sent) =>
      new Response(`id: ${sent}\ndata: ${tenant}\n\n${sent > 1 ? 'data: end\n\n' : ''}`, {
        headers: { 'content-type': 'text/event-stream' },
      }),
  );
  const ends = await Promise.all(
    tenants.map(async (tenant) => {
      const events = all.as(tenant, () =>
        all.api.events(`orders?tenant=${tenant}`, {
          isFailure: () => all.look('isFailure', false, tenant),
          until: ({ data }) => all.look('until', data === 'end', tenant),
          resume: () => all.look('resume', {}, tenant),
        }),
      );
      const seen: string[] = [];
      for await (const { data } of events) seen.push(data);
      return seen;
    }),
  );
  expect(ends).toEqual(tenants.map((tenant) => [tenant, tenant, 'end']));
  expectOwn(all, 'token', 'fetch', 'isFailure', 'until', 'resume', 'event stream.resumed', 'event call.ended');
});

test('of a stream of lines, whose answer is looked at in no context at all', async () => {
  const all = scene(
    (look) => ({ auth: bearerToken({ token: () => look('token', `t-${session.getStore()}`) }) }),
    (tenant) => new Response(`{"a":"${tenant}"}\n`),
  );
  await Promise.all(
    tenants.map(async (tenant) => {
      const lines = all.as(tenant, () => all.api.lines(`orders?tenant=${tenant}`));
      expect((await lines.response).status).toBe(200);
      for await (const line of lines) expect(line).toEqual({ a: tenant });
    }),
  );
  expectOwn(all, 'token', 'fetch', 'event call.ended');
});

test('of calls that end since their client is closed', async () => {
  const all = scene(
    (look) => ({ rateLimit: {}, hooks: { beforeError: [({ error }) => look('beforeError', error)] } }),
    () => new Response(new ReadableStream()),
  );
  const ends = Promise.all([
    ask(all, (api, url) => api.get(url).text()),
    ask(all, (api, url) => api.post(url, { json: {} })),
    ask(all, async (api, url) => api.events(url).next()),
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  await elsewhere(() => all.api.close());
  await ends;
  expectOwn(all, 'beforeError', 'event call.rejected', 'event call.ended');
});

test('of a body that a shortcut reads in no context at all, before or after the answer is there', async () => {
  const all = scene(
    (look) => ({
      parseJson: (text) => JSON.parse(look('parseJson', text)),
      hooks: { beforeError: [({ error }) => look('beforeError', error)] },
    }),
    (tenant, sent) => (sent > 3 ? new Response('{"a":') : Response.json({ tenant })),
  );
  const schema = (tenant: string) => ({
    '~standard': {
      ...{ version: 1 as const, vendor: 'test' },
      validate: (value: unknown) => all.look('validate', { value: value as { tenant: string } }, tenant),
    },
  });
  await Promise.all(
    tenants.map(async (tenant) => {
      const call = () => all.as(tenant, () => all.api.get(`orders?tenant=${tenant}`));
      expect(await call().json(schema(tenant))).toEqual({ tenant });
      const answered = call();
      const response = await answered;
      expect(await answered.json(schema(tenant))).toEqual({ tenant });
      expect(response.bodyUsed).toBe(true);
      const byHand = await call();
      expect(await byHand.json()).toEqual({ tenant });
      await expect(call().json()).rejects.toThrow(expect.objectContaining({ code: 'INVALID_BODY' }));
    }),
  );
  expectOwn(all, 'fetch', 'parseJson', 'validate', 'beforeError', 'event call.ended');
  expect(all.ran.get('validate')).toBe(2 * tenants.length);
  expect(all.ran.get('parseJson')).toBe(4 * tenants.length);
});

test('of a stream that is left, closed or broken off in no context at all', async () => {
  const all = scene(
    () => ({}),
    (tenant) =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${tenant}\n\ndata: b\n\n`)),
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      ),
  );
  const ends: ((events: ReturnType<ResilientClient['events']>, abort: AbortController) => unknown)[] = [
    (events) => events.close(),
    (events) => events.return?.(),
    (events) => events.throw?.(new Error('left')).catch(() => undefined),
    (_, control) => control.abort(),
  ];
  for (const end of ends) {
    await Promise.all(
      tenants.map(async (tenant) => {
        const control = new AbortController();
        const events = all.as(tenant, () =>
          all.api.events(`orders?tenant=${tenant}`, { signal: control.signal, until: () => false }),
        );
        expect((await events.next()).value?.data).toBe(tenant);
        await end(events, control);
        await events.next().catch(() => undefined);
      }),
    );
  }
  expectOwn(all, 'event call.ended');
  expect(all.ran.get('event call.ended')).toBe(ends.length * tenants.length);
});

test('of calls that are aborted in no context at all, wherever they are', async () => {
  const all = scene(
    (look) => ({
      hooks: { beforeError: [({ error }) => look('beforeError', error)] },
      retry: { limit: 1, shouldRetry: () => look('shouldRetry', undefined) },
      retryBudget: false,
      coalesce: { partition: () => '' },
    }),
    () => new Response(new ReadableStream()),
  );
  const controls = tenants.map(() => new AbortController());
  const calls = tenants.map((tenant, index) =>
    all.as(tenant, () => {
      const options = { signal: (controls[index] as AbortController).signal };
      const url = `orders?tenant=${tenant}`;
      // The first reads a body, the others are in the queue.
      return [all.api.get(url, options).text(), all.api.get(url, options).text()].map((call) =>
        call.catch((error: Error) => error.name),
      );
    }),
  );
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  elsewhere(() => {
    for (const control of controls) control.abort();
  });
  expect(await Promise.all(calls.flat())).toEqual(calls.flat().map(() => 'AbortError'));
  expectOwn(all, 'beforeError', 'event call.ended');
});
