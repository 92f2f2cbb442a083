import { bearerToken } from 'holdfast';
import OpenAI from 'openai';
import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { rejection } from '../support/scripted.ts';
import { sdks } from './all.ts';
import { openai } from './openai.ts';
import type { Sdk } from './sdk.ts';
import { stripe } from './stripe.ts';
import { keepingRequests, onClient, onPlatform, type World } from './world.ts';

/** A service whose token has just expired, and a client that can get a new one. */
async function withExpiredToken(sdk: Sdk): Promise<World & { readonly refreshes: () => number; fetch: typeof fetch }> {
  let refreshes = 0;
  const refresh = (): string => {
    refreshes++;
    return 'new';
  };
  const auth = bearerToken({ token: 'old', refresh });
  const world = await onClient(sdk, (origin) => ({ auth, authOrigins: [origin], ...keepingRequests(sdk) }));
  world.service.token = 'new';
  return { ...world, refreshes: () => refreshes, fetch: world.api.fetch as typeof fetch };
}

const tokens = ({ service }: World): readonly unknown[] => service.calls.map(({ headers }) => headers.authorization);

describe.for(sdks.filter(({ sendsCredentials }) => !sendsCredentials))('$name, which sends no credential,', (sdk) => {
  test('comes through an expired token, where plain fetch does not: one refresh for five calls', async () => {
    const platform = await onPlatform(sdk);
    platform.service.token = 'new';
    expect(await rejection(platform.face.read())).toBeInstanceOf(Error);

    const world = await withExpiredToken(sdk);
    const { face } = world;
    await Promise.all(Array.from({ length: 5 }, () => face.read()));
    expect(world.refreshes()).toBe(1);
    expect(tokens(world).filter((token) => token === 'Bearer new')).toHaveLength(5);
  });

  test('writes again with the new token, since a 401 says that nothing was done', async () => {
    const world = await withExpiredToken(sdk);
    await world.face.write();
    expect(tokens(world)).toEqual(['Bearer old', 'Bearer new']);
  });
});

describe.for(sdks.filter(({ sendsCredentials }) => sendsCredentials))('$name, which sends its own,', (sdk) => {
  test("keeps it, and its 401 is its user's", async () => {
    const world = await withExpiredToken(sdk);
    expect(await rejection(world.face.read())).toMatchObject({ message: expect.stringContaining('This is a 401') });
    expect(world.refreshes()).toBe(0);
    expect(tokens(world)).toEqual([expect.stringMatching(/^Bearer sk.own$/)]);
  });
});

describe('an SDK that is configured to send none', () => {
  test('openai has it filled in', async () => {
    const world = await withExpiredToken(openai);
    const { service, fetch } = world;
    const own = { apiKey: 'unused', defaultHeaders: { authorization: null } };
    const ai = new OpenAI({ ...own, baseURL: `${service.origin}/v1`, maxRetries: 0, fetch });
    expect(await ai.models.retrieve('m')).toMatchObject({ id: 'm' });
    expect(tokens(world)).toEqual(['Bearer old', 'Bearer new']);
  });

  test('stripe has it filled in', async () => {
    const world = await withExpiredToken(stripe);
    const { hostname, port } = new URL(world.service.origin);
    const payments = new Stripe(undefined as unknown as string, {
      authenticator: async () => {},
      ...{ protocol: 'http', host: hostname, port, maxNetworkRetries: 0, telemetry: false },
      httpClient: Stripe.createFetchHttpClient(world.fetch),
    });
    expect(await payments.customers.create({ name: 'Ada' })).toMatchObject({ object: 'customer' });
    expect(tokens(world)).toEqual(['Bearer old', 'Bearer new']);
  });
});
