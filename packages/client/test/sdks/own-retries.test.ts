import OpenAI from 'openai';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { rejection } from '../support/scripted.ts';
import { openai } from './openai.ts';
import { stripe } from './stripe.ts';
import { onClient } from './world.ts';

// Three attempts of the SDK's, over three of the client's, would be nine.
const outage = Array.from({ length: 9 }, () => 500);

test('openai with two retries of its own sends five requests, not nine, and the client says why', async () => {
  const { service, api } = await onClient(openai);
  const last: string[] = [];
  api.on('retry.denied', ({ decision }) => last.push(decision.because));
  service.faults.push(...outage);
  const ai = new OpenAI({ baseURL: `${service.origin}/v1`, apiKey: 'sk', maxRetries: 2, fetch: api.fetch });
  await rejection(ai.models.retrieve('m'));
  expect(service.calls.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '0', '0', '1', '2']);
  expect(last).toEqual(['limitReached', 'budgetExhausted', 'budgetExhausted']);
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
