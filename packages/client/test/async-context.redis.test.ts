import { AsyncLocalStorage } from 'node:async_hooks';
import type { RateLimitOptions } from '@holdfast/rate-limiter';
import { bearerToken, createResilientClient } from 'holdfast';
import { expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../../../test/redis-server.ts';
import { baseUrl } from './support/scripted.ts';

test.each<[string, Omit<RateLimitOptions, 'redis'>]>([
  ['a limit on calls at once', { maxConcurrent: 1 }],
  ['a limit per window', { requests: 1, perMs: 40 }],
  ['a limit in a unit', { unit: 'tokens', amount: 10, perMs: 40, cost: () => 8 }],
])('behind %s that processes share, each call goes on in its own async context', async (_name, limit) => {
  const { url } = await startRedis();
  const session = new AsyncLocalStorage<string>();
  const sent: string[] = [];
  const api = createResilientClient({
    baseUrl,
    rateLimit: { ...limit, redis: url },
    auth: bearerToken({ token: () => `token-of-${session.getStore()}` }),
    fetch: async (input) => {
      const { url: sentTo, headers } = input as Request;
      sent.push(`${new URL(sentTo).pathname} in ${session.getStore()} with ${headers.get('authorization')}`);
      return new Response(null, { status: 204 });
    },
  });
  onTestFinished(() => api.close());
  const events: string[] = [];
  api.on(({ type }) => events.push(type));
  const tenants = ['a', 'b', 'c', 'd', 'e'];

  await Promise.all(tenants.map((tenant) => session.run(tenant, () => api.get(tenant))));

  expect(events).toContain('permit.queued');
  expect(events).not.toContain('limiter.degraded');
  const path = (tenant: string): string => new URL(tenant, baseUrl).pathname;
  expect(sent.toSorted()).toEqual(tenants.map((one) => `${path(one)} in ${one} with Bearer token-of-${one}`));
});
