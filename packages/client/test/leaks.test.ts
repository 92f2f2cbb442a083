import { getEventListeners } from 'node:events';
import { hang } from '@holdfast/core/testing';
import { createResilientClient } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection, scripted, until } from './support/scripted.ts';
import { json, serve } from './support/server.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const answering = (status: number) => (async () => Response.json({ ok: true }, { status })) as unknown as typeof fetch;

test('ten thousand calls on one long-lived signal leave no listener behind', async () => {
  const { signal } = new AbortController();
  const api = createResilientClient({
    baseUrl: 'https://api.example.com/',
    fetch: answering(200),
    policies: { 404: undefined },
  });
  let most = 0;
  for (let batch = 0; batch < 100; batch++) {
    const calls = Array.from({ length: 100 }, () => api.get('x', { signal }).json());
    await Promise.all(calls);
    most = Math.max(most, listeners(signal));
  }
  expect(most).toBe(0);
});

test('nor do calls that fail, time out, are retried, or are refused before they begin', async () => {
  const { signal } = new AbortController();
  const failing = scripted([404, 503, 503, 503, hang()], { timeout: 50 });
  for (const options of [{}, {}, { retry: 0 }])
    await failing.clock.run(rejection(failing.api.get('x', { signal, ...options })));
  for (const misuse of [{ body: 'x' }, { json: 1n }, { headers: { 'b d': '1' } }, { policiez: {} }]) {
    expect(() => failing.api.get('x', { signal, ...(misuse as object) })).toThrow(TypeError);
    await rejection(failing.api.fetch('https://api.example.com/', { signal, body: 'x' }));
  }
  expect(listeners(signal)).toBe(0);
  expect(failing.api.snapshot().callsInFlight).toBe(0);
  expect(failing.clock.pending).toBe(0);
});

test('bodies that client.fetch() handed over share one listener while they may be read', async () => {
  const { signal } = new AbortController();
  const { origin } = await serve((_request, response) => json(response, 200, { ok: true }));
  const api = createResilientClient();
  for (let call = 0; call < 200; call++) await (await api.fetch(origin, { signal })).json();
  expect(listeners(signal)).toBeLessThanOrEqual(1);
  const { origin: empty } = await serve((_request, response) => response.writeHead(204).end());
  const fresh = new AbortController();
  await api.fetch(empty, { signal: fresh.signal });
  expect(listeners(fresh.signal)).toBe(0);
});

test('a call that is under way has one listener', async () => {
  const controller = new AbortController();
  const { api, transport } = scripted(Array(3).fill(hang()));
  const failures = Array.from({ length: 3 }, () => rejection(api.get('x', { signal: controller.signal })));
  await until(() => transport.requests.length === 3);
  expect(listeners(controller.signal)).toBe(3);
  controller.abort('enough');
  expect(await Promise.all(failures)).toEqual(['enough', 'enough', 'enough']);
  expect(listeners(controller.signal)).toBe(0);
});
