import { eventLog } from '@holdfast/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { page } from './support/page.ts';
import { rejection } from './support/scripted.ts';

/** A frame of this page. Its requests end with it, as with a page that the user leaves. */
async function frame(): Promise<{ readonly fetch: typeof fetch; leave(): void }> {
  const element = document.createElement('iframe');
  element.src = URL.createObjectURL(new Blob(['<p>A page'], { type: 'text/html' }));
  const loaded = new Promise((resolve) => element.addEventListener('load', resolve, { once: true }));
  document.body.append(element);
  onTestFinished(() => element.remove());
  await loaded;
  return {
    fetch: (input, init) => (element.contentWindow as Window & typeof globalThis).fetch(input, init),
    leave: () => element.remove(),
  };
}

test('a call ends with its page, and one with keepalive gets there anyway', async () => {
  const { client, url, log, finish } = page();
  const { fetch, leave } = await frame();
  const api = client({ fetch });
  for (const keepalive of [false, true]) {
    api.post(url('plain', 'silent'), { body: `keepalive: ${keepalive}`, keepalive }).catch(() => undefined);
    while ((await log()).length < (keepalive ? 2 : 1));
  }
  leave();
  while (!(await log())[0]?.left);
  expect((await log()).map(({ body, left }) => [body, left])).toEqual([
    ['keepalive: false', true],
    ['keepalive: true', false],
  ]);
  await finish();
});

test('priority, cache, credentials and the like reach the browser’s fetch, with each attempt', async () => {
  const { client, url, log } = page();
  const sent: unknown[] = [];
  const api = client({
    fetch: async (input, init) => {
      const { cache, credentials, keepalive, mode, referrerPolicy } = input as Request;
      sent.push([cache, credentials, keepalive, mode, referrerPolicy, init?.priority]);
      return fetch(input, init);
    },
  });
  const options = { cache: 'no-store', credentials: 'omit', keepalive: true, referrerPolicy: 'origin' } as const;
  await api.get(url('plain', 'flaky'), { ...options, priority: 'high' });
  const expected = ['no-store', 'omit', true, 'cors', 'origin', 'high'];
  expect(sent).toEqual([expected, expected]);
  expect((await log()).map(({ headers }) => headers['referer'])).toEqual([
    `${location.origin}/`,
    `${location.origin}/`,
  ]);
});

test('no-referrer is respected by each attempt and each way of calling', async () => {
  const { client, url, log } = page();
  const api = client();
  const options = { referrerPolicy: 'no-referrer', method: 'PUT', body: 'order' } as const;
  await api(url('plain', 'flaky'), options);
  await api.fetch(url('plain', 'echo'), options);
  await api.fetch(new Request(url('plain', 'echo'), options));
  await fetch(url('plain', 'echo'));
  expect((await log()).map(({ headers }) => headers['referer'])).toEqual([
    ...[undefined, undefined, undefined, undefined],
    expect.stringContaining(location.origin),
  ]);
});

test('a client works in a worker, which has neither window nor document', async () => {
  const worker = new Worker(new URL('./support/page.worker.ts', import.meta.url), { type: 'module' });
  onTestFinished(() => worker.terminate());
  const told = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  const { url } = page();
  worker.postMessage([url('plain', 'flaky'), url('none', 'status/200')]);
  expect(await told).toEqual({
    method: 'GET',
    reasons: ['503 → retry 1 of 2 in 0 ms (backoff)'],
    error: expect.stringContaining(`or CORS does not let ${location.origin} see the answer`),
  });
});

test('a circuit opens for a server that is down, and the next call sends nothing', async () => {
  const { client, url, log } = page();
  const api = client({ retry: 0, circuitBreaker: { minimumCalls: 3 } });
  const events = eventLog(api);
  for (let call = 0; call < 3; call++) await rejection(api.get(url('plain', 'status/503')));
  expect(await rejection(api.get(url('plain', 'status/503')))).toMatchObject({ code: 'CIRCUIT_OPEN' });
  expect(await log()).toHaveLength(3);
  expect(events.lines.some((line) => line.startsWith('circuit.opened'))).toBe(true);
});

test('a limiter bounds the calls of a page that run at once, the urgent first', async () => {
  const { client, url, log } = page();
  const api = client({ rateLimit: { maxConcurrent: 1 } });
  const first = await api.get(url('plain', 'stream'));
  const calls = (['low', 'auto', 'high'] as const).map((priority) =>
    api.get(url('plain', `echo?${priority}`), { priority }).json(),
  );
  expect(await log()).toHaveLength(1);
  await first.body?.cancel();
  await Promise.all(calls);
  expect((await log()).map(({ path }) => path.split('/').at(-1))).toEqual([
    ...['stream', 'echo?high', 'echo?auto', 'echo?low'],
  ]);
});
