// Compiled in a user's project with the packed declarations.

import { chaos } from '@holdfast/testing/chaos';
import { createResilientClient } from 'holdfast';

interface Order {
  readonly id: number;
}

const api = createResilientClient({ baseUrl: 'https://api.example.com/v1/', timeout: 2000, perAttempt: [chaos()] });

export const order: Promise<Order> = api.get('orders/42').json<Order>();

// @ts-expect-error a time is a number of milliseconds
createResilientClient({ timeout: 'soon' });

// Options, members and snapshots that features declare in their own files.
const whole = createResilientClient({
  retryBudget: false,
  circuitBreaker: { minimumCalls: 20 },
  rateLimit: { maxConcurrent: 10 },
  coalesce: true,
  auth: undefined,
  authOrigins: [],
  responseCache: true,
  statusPage: { url: 'https://status.example.com/' },
  idleTimeout: 60_000,
});
whole.onStatus(() => whole.circuits.reset());
export const queued: number = whole.snapshot().limiters.length + whole.snapshot().circuits.length;

void whole.get('orders', {
  retry: 1,
  fallback: () => undefined,
  readBody: 'inAttempt',
  maxResponseBytes: 1_000_000,
  requestSchema: false,
  idempotencyKeys: true,
  dialect: [],
});

// @ts-expect-error an option that no feature declares
createResilientClient({ rateLimiting: true });
