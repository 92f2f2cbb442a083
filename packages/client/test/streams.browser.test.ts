import type { NetworkError } from 'holdfast';
import { expect, test } from 'vitest';
import { page } from './support/page.ts';
import { rejection } from './support/scripted.ts';

const text = (chunk: Uint8Array | undefined): string => new TextDecoder().decode(chunk);

test('a stream arrives piece by piece, while the server still has more to say', async () => {
  for (const way of ['get', 'fetch'] as const) {
    const { client, url, push } = page();
    const response = await client()[way](url('plain', 'stream'), { signal: new AbortController().signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(text((await reader.read()).value)).toBe('one');
    await push('two');
    expect(text((await reader.read()).value)).toBe('two');
    await push('three');
    expect(text((await reader.read()).value)).toBe('three');
    await reader.cancel();
  }
});

test('a stream that is cancelled releases its connection and its permit', async () => {
  const { client, url, log, left } = page();
  const api = client({ rateLimit: { maxConcurrent: 1 } });
  const first = await api.get(url('plain', 'stream'));
  const queued = new Promise((resolve) => api.on('permit.queued', resolve));
  const second = api.get(url('plain', 'echo')).json();
  await queued;
  expect(api.snapshot().limiters).toMatchObject([{ running: 1, queued: 1 }]);
  await first.body?.cancel();
  await left();
  expect((await log())[0]).toMatchObject({ left: true });
  expect(await second).toMatchObject({ method: 'GET' });
});

test('a body that breaks off is a network error, and the answer counts as acted upon', async () => {
  const { client, url } = page();
  const error = await rejection<NetworkError>(client().get(url('plain', 'cut')).json());
  expect(error).toMatchObject({ code: 'NETWORK', applied: 'yes' });
  expect(error.message).toContain('was cut short while its body was read');
});

test('bodies of every kind arrive, and whole again with a retry', async () => {
  const form = new FormData();
  form.set('file', new Blob(['in a file']), 'a.txt');
  const bodies = {
    text: ['plain', 'plain'],
    blob: [new Blob(['in a blob']), 'in a blob'],
    bytes: [new TextEncoder().encode('bytes'), 'bytes'],
    params: [new URLSearchParams({ a: '1' }), 'a=1'],
    form: [form, 'in a file'],
  } as const;
  for (const [body, expected] of Object.values(bodies)) {
    const { client, url, log } = page();
    const api = client({ idempotencyKeys: true });
    await api.post(url('plain', 'flaky'), { body });
    const seen = await log();
    expect(seen.map(({ body }) => body.includes(expected))).toEqual([true, true]);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  }
});

test('a stream for a body, which a page may send over HTTP/2 alone, is not sent again', async () => {
  const { client, url } = page();
  const body = new Blob(['a', 'b']).stream();
  const options = { body, duplex: 'half' } as RequestInit;
  const error = await rejection<NetworkError>(client({ idempotencyKeys: true }).put(url('plain', 'echo'), options));
  expect(error).toMatchObject({ code: 'NETWORK', attempts: { length: 1 }, decision: { because: 'notReplayable' } });
});
