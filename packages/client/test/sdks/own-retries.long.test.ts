import { failFast } from 'holdfast';
import OpenAI from 'openai';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { rejection } from '../support/scripted.ts';
import type { Fault } from './flaky-service.ts';
import { openai } from './openai.ts';
import { stripe } from './stripe.ts';
import { onClient } from './world.ts';

// Three attempts of the SDK with three attempts of the client each would be nine.
const outage = Array.from({ length: 9 }, () => 500);

test.for<[string, Fault]>([
  ['500', 500],
  ['429', { status: 429, headers: { 'retry-after': '0' } }],
])('openai with two retries of its own sends three requests in an outage of %s, not nine', async ([, fault]) => {
  const { service, api } = await onClient(openai);
  service.faults.push(...Array.from({ length: 9 }, () => fault));
  const ai = new OpenAI({ baseURL: `${service.origin}/v1`, apiKey: 'sk', maxRetries: 2, fetch: api.fetch });
  await rejection(ai.models.retrieve('m'));
  expect(service.calls.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '0', '0']);
});

test('what the client may not send again the SDK may: the answer is as the server gave it', async () => {
  const { service, api } = await onClient(openai, { policies: { 500: failFast() } });
  service.faults.push(500, 500);
  const ai = new OpenAI({ baseURL: `${service.origin}/v1`, apiKey: 'sk', maxRetries: 2, fetch: api.fetch });
  expect(await ai.models.retrieve('m')).toBeTruthy();
  expect(service.calls.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1', '2']);
});

test('an SDK that does not count its retries sees only the headers of the server', async () => {
  const { service, api } = await onClient(openai);
  service.faults.push(...outage);
  const response = await api.fetch(`${service.origin}/v1/models/m`);
  expect([response.status, response.headers.has('x-should-retry')]).toEqual([500, false]);
});

test('stripe, which does not say that it tries again, is held by the same budget', async () => {
  const { service, api } = await onClient(stripe);
  service.faults.push(...outage);
  const { hostname, port } = new URL(service.origin);
  const payments = new Stripe('sk', {
    ...{ protocol: 'http', host: hostname, port, maxNetworkRetries: 2, telemetry: false },
    httpClient: Stripe.createFetchHttpClient(api.fetch),
  });
  await rejection(payments.customers.create({ name: 'Ada' }));
  expect(service.calls).toHaveLength(5);
  expect(new Set(service.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});
