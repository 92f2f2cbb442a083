import { eventLog } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { page } from './support/page.ts';
import { rejection } from './support/scripted.ts';

const reason = new Error('left the page');

test('an abort before the call sends nothing', async () => {
  const { client, url, log } = page();
  const api = client();
  const signal = AbortSignal.abort(reason);
  expect(await rejection(api.get(url('plain', 'echo'), { signal }))).toBe(reason);
  expect(await rejection(api.fetch(url('plain', 'echo'), { signal }))).toBe(reason);
  expect(await log()).toEqual([]);
});

test('an abort while the server works rejects at once, and the server notices', async () => {
  for (const way of ['get', 'fetch'] as const) {
    const { client, url, log, left } = page();
    const api = client();
    const controller = new AbortController();
    api.on('attempt.started', async () => {
      while ((await log()).length === 0); // The request has arrived.
      controller.abort(reason);
    });
    expect(await rejection(api[way](url('plain', 'silent'), { signal: controller.signal }))).toBe(reason);
    await left();
    expect(await log()).toMatchObject([{ left: true }]);
    expect(api.snapshot().callsInFlight).toBe(0);
  }
});

test('an abort during a backoff sends no second request', async () => {
  const { client, url, log } = page();
  const api = client({ random: () => 1 });
  const controller = new AbortController();
  const events = eventLog(api);
  api.on('retry.scheduled', () => controller.abort(reason));
  expect(await rejection(api.get(url('plain', 'flaky'), { signal: controller.signal }))).toBe(reason);
  expect(events.lines.at(-1)).toMatch(/^call.ended: cancelled/);
  expect(await log()).toHaveLength(1);
});

test('an abort while the answer streams in stops it, although the call has ended', async () => {
  for (const way of ['get', 'fetch'] as const) {
    const { client, url, log, left } = page();
    const controller = new AbortController();
    const response = await client()[way](url('plain', 'stream'), { signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    controller.abort(reason);
    expect(await rejection(reader.read())).toBe(reason);
    await left();
    expect(await log()).toMatchObject([{ left: true }]);
  }
});

test('a timeout ends the request on the wire, not only the wait for it', async () => {
  const { client, url, log, left } = page();
  const error = await rejection(client({ retry: 0 }).get(url('plain', 'silent'), { timeout: 1500 }));
  expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 1500, applied: 'unknown' });
  await left();
  expect(await log()).toMatchObject([{ left: true }]);
});

test('closing a client ends its requests', async () => {
  const { client, url, log, left } = page();
  const api = client();
  const ended = rejection(api.get(url('plain', 'silent')));
  while ((await log()).length === 0); // The request has arrived.
  await api.close();
  expect(await ended).toMatchObject({ code: 'CLIENT_CLOSED' });
  await left();
});
