import { type ResilienceError, retry } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

const search = { 'retry-after': '10', 'x-ratelimit-resource': 'search' };
const draft = {
  ratelimit: '"day";r=0;t=10, "burst";r=5;t=1',
  'ratelimit-policy': '"day";q=100;w=86400, "burst";q=10;w=1',
};

describe('the bucket that holds a call up is named', () => {
  test.each([
    ['a header', search, '429 → retry 1 of 2 in 10000 ms (Retry-After), bucket "search"'],
    ['the used-up policy of the draft', draft, '429 → retry 1 of 2 in 10000 ms (RateLimit), bucket "day"'],
    ['no name', { 'retry-after': '10' }, '429 → retry 1 of 2 in 10000 ms (Retry-After)'],
  ])('by explain(), of %s', (_, headers, reason) => {
    const { api } = scripted([], { random: () => 0 });
    expect(api.explain({ status: 429, headers }).reason).toBe(reason);
  });

  test('by explain(), where the wait is too long', () => {
    const { api } = scripted([]);
    const { reason, because } = api.explain({ status: 429, headers: { ...search, 'retry-after': '300' } });
    expect(because).toBe('retryAfterTooLong');
    expect(reason).toBe(
      '429 → fail: Retry-After asks for 300000 ms for bucket "search", more than the 60000 ms allowed',
    );
  });

  test('not for a 503, which concerns the whole origin', () => {
    expect(scripted([], { random: () => 0 }).api.explain({ status: 503, headers: search }).reason).not.toContain(
      'bucket',
    );
  });

  test('whatever is in the name, it is printed on one line, without controls', () => {
    const headers = { 'retry-after': '1', 'x-ratelimit-bucket': 'a\u001b[31m"b' };
    const { reason } = scripted([]).api.explain({ status: 429, headers: new Headers([['retry-after', '1']]) });
    expect(reason).not.toContain('bucket');
    expect(() => new Headers(headers)).not.toThrow();
    expect(scripted([]).api.explain({ status: 429, headers }).reason).toMatch(/bucket ".*b/);
  });

  test('by the timeline of a call that waited for its pause, and by the error of a call that could not wait', async () => {
    const { api, clock } = scripted([{ status: 429, headers: search }, { status: 500 }], {
      policies: { 429: retry({ limit: 0 }) },
      retry: 0,
      random: () => 0,
    });
    await clock.run(rejection(api.get('search')));
    const waiting = rejection<ResilienceError>(api.get('search'));
    const impatient = rejection<ResilienceError>(api.get('search', { timeout: 5000, totalTimeout: 5000 }));
    await clock.advance(11_000);
    expect((await waiting).timeline[0]).toMatch(/^\+0 ms +waited 10000 ms for the end of a pause of bucket "search"$/);
    expect((await waiting).timeline[1]).toMatch(/^\+0 ms +attempt 1: 500 in 10000 ms/);
    expect(await impatient).toMatchObject({ code: 'QUEUE_TIMEOUT', bucket: 'search' });
    expect((await impatient).message).toContain('for bucket "search"');
  });
});

test.each<[string, Record<string, string>, string]>([
  ['the name that the server gives', { 'x-ratelimit-bucket': `of sk_${'live'}_0123456789abcdef` }, 'orders'],
  ['the path', {}, `bots/sk_${'live'}_0123456789abcdef/messages`],
])('a key in %s is in no event, snapshot or error', async (_, headers, path) => {
  const answer = {
    status: 429,
    headers: { 'retry-after': '3000', 'x-ratelimit-remaining': '0', 'x-ratelimit-limit': '5', ...headers },
  };
  const { api, log } = scripted([answer, 200], { retry: 0 });
  const events: unknown[] = [];
  api.on((event) => void events.push(event));
  const first = await rejection<ResilienceError>(api.get(path));
  const second = await rejection<ResilienceError>(api.get(path));
  expect(second.code).toBe('QUEUE_TIMEOUT');
  const told = JSON.stringify([events, log, api.snapshot(), first, second, second.message, second.supportReport()]);
  expect(told).toContain('limiter.paused');
  expect(told).not.toContain('0123456789abcdef');
});

test.each(['x-rate-limit-reset', 'x-ratelimit-reset', 'ratelimit-reset'])(
  '%s without what remains is no wait for a plain 500, and a wait for a 429',
  (name) => {
    const { api } = scripted([]);
    const headers = { [name]: '20' };
    const after = (status: number): number | undefined =>
      api.explain({ method: 'GET', url: `${baseUrl}x`, status, headers }).delayMs;
    expect(after(500)).toBeLessThan(1000);
    expect(after(429)).toBeGreaterThanOrEqual(20_000);
  },
);
