import { afterEach, expect, test, vi } from 'vitest';
import { createResilientClient } from '../src/index.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('on Cloudflare Workers a body that never ends keeps no permit from another incoming request', async () => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  const endless = async (): Promise<Response> => new Response(new ReadableStream({ start: (c) => c.enqueue('x') }));
  const api = createResilientClient({ fetch: endless, rateLimit: { maxConcurrent: 1 } });

  const first = await api.get('https://api.test/1');
  const second = await api.get('https://api.test/2', { totalTimeout: 5_000, timeout: 5_000 });

  expect([first.status, second.status]).toEqual([200, 200]);
  await api.close();
});
