import { networkFailureOf } from '@holdfast/core/testing';
import { bearerToken, constantBackoff, failFast, retry } from 'holdfast';
import { expect, test } from 'vitest';
import { baseUrl, rejection, type Scene, scripted } from './support/scripted.ts';

const quick = retry({ limit: 1, backoff: constantBackoff({ delayMs: 0 }) });
const policies = { '5xx': quick, network: quick, 429: quick } as const;
/** The circuit is off, because these calls fail for long enough to open it. */
const circuitBreaker = false;

async function retriesIn(scene: Scene, calls: number): Promise<number> {
  for (let call = 0; call < calls; call++) await scene.clock.run(rejection(scene.api.get('x')));
  return scene.transport.requests.length - calls;
}

test('while every call fails, no more than one retry goes out for ten calls', async () => {
  const scene = scripted(Array(300).fill(500), { policies, circuitBreaker });
  expect(await retriesIn(scene, 100)).toBe(10);
  expect(scene.log.lines).toContain(
    'retry.denied 1: 500 → fail: the retry budget of this origin is spent, after 0 ms of waiting for other retries',
  );
});

test.each([
  ['the same moment', {}],
  ['the same moment, and a shouldRetry is asked', { retry: { shouldRetry: () => undefined } }],
])(
  'of a hundred calls that fail in %s while nothing is answered, no more than a tenth is retried',
  async (_when, options) => {
    const { api, clock, transport } = scripted(Array(300).fill(500), { policies, circuitBreaker, ...options });
    await clock.run(Promise.all(Array.from({ length: 100 }, () => rejection(api.get('x')))));
    expect(transport.requests).toHaveLength(109);
  },
);

test('a denied retry ends the call with its last outcome, and the error has the reason', async () => {
  const scene = scripted(Array(10).fill(500), { policies });
  // The second call retries since it fails at the moment of the first, the third as the next one of a sequence.
  await retriesIn(scene, 3);
  const error = await scene.clock.run(rejection<{ decision: object }>(scene.api.get('x')));
  expect(error).toMatchObject({ status: 500, decision: { action: 'fail', because: 'budgetExhausted' } });
});

test('false switches the budget off', async () => {
  const scene = scripted(Array(300).fill(500), { policies, circuitBreaker, retryBudget: false });
  expect(await retriesIn(scene, 20)).toBe(20);
  expect(scene.api.snapshot().budgets).toEqual([]);
});

test('a ratio gives each call that is answered its share', async () => {
  const answered = Array(20).fill(200);
  const scene = scripted([...answered, ...Array(300).fill(500)], {
    policies,
    circuitBreaker,
    retryBudget: { ratio: 0.5, minPerSecond: 0 },
  });
  for (const _ of answered) await scene.clock.run(scene.api.get('x'));
  // Twelve tokens grant six calls a retry. Six retries are more than fifteen calls may cost in an outage, so no other call probes.
  await scene.clock.run(Promise.all(Array.from({ length: 15 }, () => rejection(scene.api.get('x')))));
  expect(scene.transport.requests).toHaveLength(answered.length + 15 + 6);
});

test('where each call fails twice, all are answered, however few they are', async () => {
  const { api, clock } = scripted(Array(10).fill([500, 500, 200]).flat(), { policies: { 500: retry() } });
  for (let call = 0; call < 10; call++) {
    expect((await clock.run(api.get('x'))).status).toBe(200);
    await clock.advance(60_000);
  }
});

test('time gives back the first two tokens, and no more', async () => {
  const scene = scripted(Array(300).fill(500), { policies });
  await retriesIn(scene, 5);
  await scene.clock.advance(3_600_000);
  expect(scene.api.snapshot().budgets).toEqual([{ key: 'https://api.example.com', tokens: 2 }]);
});

test('each origin has its own', async () => {
  const { api, clock } = scripted(Array(30).fill(500), { policies });
  await clock.run(rejection(api.get('x')));
  await clock.run(rejection(api.get('https://other.example.com/x')));
  expect(api.snapshot().budgets.map(({ key }) => key)).toEqual([
    'https://api.example.com',
    'https://other.example.com',
  ]);
});

test('a 429 with timing, a refused connection and a refresh cost nothing', async () => {
  const steps = [
    { status: 429, headers: { 'retry-after': '1' } },
    200,
    networkFailureOf('ECONNREFUSED'),
    200,
    401,
    200,
  ];
  const { api, clock } = scripted(steps, { policies, auth: bearerToken({ token: 'a', refresh: () => 'b' }) });
  for (let call = 0; call < 3; call++) await clock.run(api.get('x'));
  expect(api.snapshot().budgets[0]?.tokens).toBeCloseTo(2.3);
});

test.each([
  ['when the call fails', false, 0],
  ['but not when it is given up', true, 2],
])('retries that the server has asked for at once are paid for %s', async (_when, isGivenUp, tokens) => {
  const { api, clock } = scripted(Array(10).fill({ status: 429, headers: { 'retry-after': '0' } }));
  await clock.run(rejection(api.get('x', { retry: 0 })));
  const caller = new AbortController();
  api.on('retry.scheduled', ({ attempt }) => isGivenUp && attempt === 2 && caller.abort());
  await clock.run(rejection(api.get('x', { signal: caller.signal })));
  expect(api.snapshot().budgets[0]?.tokens ?? 2).toBe(tokens);
});

test("a bare 429 costs a token, as a server's failure does, and an answer brings it back", async () => {
  const { api, clock } = scripted([429, 429, 200], { policies });
  await clock.run(rejection(api.get('x')));
  expect(api.snapshot().budgets[0]?.tokens).toBeLessThan(1.1);
  await clock.run(api.get('x'));
  expect(api.snapshot().budgets[0]?.tokens).toBe(2);
});

test('attempts that an SDK repeats by itself are taken from it', async () => {
  const { api, clock } = scripted([200, 500, 500], { policies: { 500: failFast() } });
  const attempt = (count: string) =>
    clock.run(api.fetch(`${baseUrl}x`, { headers: { 'x-stainless-retry-count': count } }));
  await attempt('0');
  expect(api.snapshot().budgets[0]?.tokens).toBeCloseTo(2.1);
  await attempt('1');
  await attempt('2');
  expect(api.snapshot().budgets[0]?.tokens).toBeCloseTo(0.1);
});
