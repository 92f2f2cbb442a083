import { ManualClock } from '@holdfast/core/testing';
import { type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';
import { baseUrl } from './support/scripted.ts';

const origin = new URL(baseUrl).origin;

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly afterMs?: number;
}

/** An API whose `/go` redirects to another origin. The fetch shows only the last answer, as a platform's fetch does. */
function scene(
  answer: (path: string, sent: number) => Answer,
  options: ClientOptions,
): { readonly api: ResilientClient; readonly clock: ManualClock; readonly sent: string[] } {
  const clock = new ManualClock();
  const sent: string[] = [];
  const api = createResilientClient({
    baseUrl,
    clock,
    random: () => 0.5,
    ...options,
    fetch: async (input) => {
      const { pathname } = new URL((input as Request).url);
      sent.push(pathname);
      const { status, headers = {}, afterMs = 0 } = answer(pathname, sent.length);
      await new Promise<void>((resolve) => void clock.setTimer(resolve, afterMs));
      const response = new Response('{}', { status, headers });
      if (!pathname.endsWith('/go')) return response;
      return Object.defineProperties(response, {
        url: { value: 'https://stranger.example/there' },
        redirected: { value: true },
      });
    },
  });
  onTestFinished(() => api.close());
  return { api, clock, sent };
}

const statusOf = (call: PromiseLike<Response>): Promise<unknown> =>
  Promise.resolve(call).then(
    ({ status }) => status,
    (error: { status?: number; code?: string }) => error.status ?? error.code,
  );

describe('what the server says to which an API redirects', () => {
  const slowly = { status: 500, afterMs: 5000 };

  test.each<[string, string, boolean]>([
    ['does not limit the calls to the API', 'go', false],
    ['does, where the API itself fails like that', 'orders', true],
  ])('late failures: %s', async (_, path, isLimited) => {
    const { api, clock } = scene(() => slowly, { retry: 0, circuitBreaker: false });
    for (let round = 0; round < 3; round++)
      await clock.run(Promise.all(Array.from({ length: 30 }, () => statusOf(api.get(path)))));
    const ofApi = api.snapshot().limiters.find(({ key }) => key === origin);
    expect(ofApi?.limitedTo !== undefined).toBe(isLimited);
  });

  test('does not take the retries of the API', async () => {
    const { api, clock, sent } = scene(
      (path, count) => ({ status: path.endsWith('/go') || count === sent.length - 1 ? 500 : 200 }),
      { circuitBreaker: false },
    );
    await clock.run(Promise.all(Array.from({ length: 20 }, () => statusOf(api.get('go')))));
    const budgets = api.snapshot().budgets.filter(({ key }) => key === origin);
    expect(budgets.every(({ tokens }) => tokens >= 2)).toBe(true);
    expect(api.snapshot().budgets.some(({ key }) => key === 'https://stranger.example')).toBe(true);
  });

  test('does not fill a quota that is learned from the API', async () => {
    const told = (remaining: number): Record<string, string> => ({
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': String(remaining),
      'x-ratelimit-reset-tokens': '3600s',
    });
    const rateLimit = { unit: 'tokens', learn: true, cost: () => 1 };
    const spent = scene((path) => ({ status: 200, headers: path.endsWith('/go') ? told(0) : {} }), { rateLimit });
    await spent.clock.run(statusOf(spent.api.get('go')));
    const call = statusOf(spent.api.get('orders'));
    await spent.clock.advance(10);
    expect(spent.sent).toHaveLength(2);
    await call;
    const own = scene(() => ({ status: 200, headers: told(0) }), { rateLimit, totalTimeout: 5000, timeout: 5000 });
    await own.clock.run(statusOf(own.api.get('orders')));
    const waiting = statusOf(own.api.get('orders'));
    await own.clock.advance(10);
    expect(own.sent).toHaveLength(1);
    await own.clock.advance(5000);
    await waiting;
  });

  test('sends no call to look at the status page of the API', async () => {
    let looks = 0;
    const { api, clock } = scene((path) => ({ status: path.endsWith('/go') ? 503 : 500 }), {
      retry: 0,
      statusPage: () => {
        looks++;
        return { title: 'It is down' };
      },
    });
    await clock.run(statusOf(api.get('go')));
    expect(looks).toBe(0);
    await clock.run(statusOf(api.get('orders')));
    expect(looks).toBe(1);
  });
});
