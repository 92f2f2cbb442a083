import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ok, respondInTurn, takeTime } from '@holdfast/testing';
import { holdfastTest } from '@holdfast/testing/vitest';
import { bearerToken, createResilientClient } from 'holdfast';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const url = 'https://api.example.com/orders/1';
const server = setupServer();
let platformFetch: typeof fetch;
beforeAll(() => {
  server.listen({ onUnhandledFrame: 'error' });
  platformFetch = globalThis.fetch;
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const test = holdfastTest((parts) => createResilientClient({ retryBudget: false, ...parts }));

describe('holdfastTest', () => {
  test('lets waits pass by themselves', async ({ client, clock }) => {
    server.use(
      respondInTurn(url, [new Response(null, { status: 503, headers: { 'retry-after': '20' } }), ok({ id: 1 })]),
    );
    expect(await client.get(url).json()).toEqual({ id: 1 });
    expect(clock.now()).toBe(20_250);
    expect(client).toHaveTranscript([
      `call.started: GET ${url}`,
      'attempt.started 1',
      'limiter.paused 1: 20000 ms (Retry-After)',
      'attempt.ended 1: 503',
      'retry.scheduled 1: 503 → retry 1 of 2 in 20250 ms (Retry-After)',
      'attempt.started 2',
      'limiter.resumed',
      expect.stringContaining('attempt.ended 2'),
      /^call.ended: success after 2/,
    ]);
  });

  test('lets a mocked server take real time without a timeout', async ({ client, clock }) => {
    server.use(
      http.get(url, async () => {
        for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
        return HttpResponse.json({ id: 1 });
      }),
    );
    expect(await client.get(url).json()).toEqual({ id: 1 });
    expect([clock.now(), clock.pending]).toEqual([0, 0]);
  });

  test('gives back what the platform gave, with its URL', async () => {
    server.use(http.get(url, () => HttpResponse.json({ id: 1 }, { status: 203, headers: { 'x-a': 'b' } })));
    const response = await fetch(`${url}#part`);
    expect([response.status, response.headers.get('x-a'), response.type]).toEqual([203, 'b', 'basic']);
    expect(response.url).toContain(url);
    expect(await response.clone().text()).toBe(await response.text());
  });

  const secured = holdfastTest((parts) =>
    createResilientClient({
      ...{ baseUrl: 'https://api.example.com/', ...parts },
      auth: bearerToken({
        refresh: async ({ signal }) => {
          const response = await fetch('https://auth.example.com/token', { method: 'POST', signal });
          return (await response.json()) as { token: string; expiresAt: number };
        },
      }),
    }),
  );
  secured('follows the fetch of a refresh, too', async ({ client, clock }) => {
    const tokens = respondInTurn(
      'POST https://auth.example.com/token',
      [(_request, moment) => HttpResponse.json({ token: 'a', expiresAt: moment.clock.wallNow() + 60_000 })],
      { afterwards: 'repeatLast' },
    );
    server.use(
      tokens,
      http.get(url, ({ request }) => HttpResponse.json(request.headers.get('authorization'))),
    );
    expect(await client.get('orders/1').json()).toBe('Bearer a');
    await clock.advance(3_600_000);
    expect(await client.get('orders/1').json()).toBe('Bearer a');
    expect(tokens.calls).toBe(2);
  });

  const standing = holdfastTest((parts) => createResilientClient(parts), { time: 'stands', random: () => 1 });
  standing('lets time stand still where that is asked for', async ({ client, clock, events }) => {
    server.use(respondInTurn(url, [503, ok({ id: 1 })]));
    const order = client.get(url).json();
    await clock.advance(249);
    expect(events.lines.at(-1)).toContain('retry.scheduled 1');
    await clock.advance(1);
    expect(await clock.run(order)).toEqual({ id: 1 });
    expect(clock.now()).toBe(250);
  });

  it('leaves the platform its fetch', () => {
    expect(globalThis.fetch).toBe(platformFetch);
  });

  it.each([
    [() => holdfastTest(undefined as never), 'holdfastTest: create must be a function (parts) =>'],
    [
      () => holdfastTest((() => {}) as never, { time: 'runs' as never }),
      'holdfastTest: time must be "flows" or "stands"',
    ],
    [() => takeTime({} as never), 'takeTime: clock must be a ManualClock'],
  ])('throws for a mistake: %s', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('a test that fails', () => {
  it('says what it has left behind, and what is not as expected', async () => {
    const messages = await runFixture();
    const left = 'Error: The test has left something behind:\n  ';
    expect(messages).toEqual({
      sleeping: [`${left}sleeping: GET ${url}?token=*** waits for 429 → retry 1 of 2 in 5250 ms (Retry-After)`],
      'on its way': [
        `${left}not ended: GET ${url}?token=***, whose last event is attempt.started\n  on its way: GET ${url}?token=*** has no answer yet`,
      ],
      unread: [`${left}unread: GET ${url}?token=*** answered 200, and its body was neither read nor cancelled`],
      'half read': [`${left}unread: GET ${url}?token=*** answered 200, and its body was neither read nor cancelled`],
      'a swallowed request beyond the list': [
        `${left}respondInTurn: request 2 came (GET ${url}?token=***), but the list has 1 answer`,
      ],
      'a timer of no call': [`${left}sleeping: 1 timer, although the client is closed`],
      'not asked for': [],
      queued: [
        expect.stringMatching(
          /^Error: The test has left something behind:\n {2}not ended: .*\n {2}queued: GET https:.* waits for a place at https:.*\n {2}on its way: /,
        ),
      ],
      'retried too seldom': [
        expect.stringMatching(
          /the client to have retried 2 times, got 1 time:\n {2}call.started: GET .*\n {2}attempt.started 1\n/,
        ),
      ],
      'another transcript': [
        'Error: the transcript differs in line 3: expected "attempt.ended 1: 200", got "attempt.ended 1: 404"',
      ],
      'no client': ['TypeError: toHaveRetried takes the client or the events of holdfastTest, or an eventLog(client)'],
      passes: [],
      one: [],
      two: [expect.stringContaining('tests that share a fetch cannot run concurrently')],
    });
  });
});

interface JsonReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly failureMessages: readonly string[] }[];
  }[];
}

/** The error of each test in the fixture, without stacks. */
async function runFixture(): Promise<Record<string, readonly string[]>> {
  const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));
  const root = fileURLToPath(new URL('fixtures', import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fixture-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'report.json');
  const child = spawn(process.execPath, [vitest, 'run', '--root', root, '--reporter=json', '--outputFile', file], {
    stdio: 'ignore',
    env: { ...process.env, VITEST: undefined, NODE_ENV: undefined },
  });
  onTestFinished(() => void child.kill());
  await once(child, 'close');
  const report = JSON.parse(await readFile(file, 'utf8')) as JsonReport;
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return Object.fromEntries(
    results.map(({ title, failureMessages }) => [
      title,
      failureMessages.map((message) => message.replace(/\n {4}at [\s\S]*/, '')),
    ]),
  );
}
