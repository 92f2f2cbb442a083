import { type Dialect, isRateLimited, type Outcome, RateLimitError, retry } from 'holdfast';
import { describe, expect, test, vi } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const json = { 'content-type': 'application/json' };
const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { ...json, ...headers } });

/** An API whose every answer is a 200, and whose bodies say what failed. */
const chat: Dialect = {
  name: 'chat',
  error: { code: ['error'] },
  failure: { when: { path: 'ok', is: false } },
  verdicts: [
    { when: { code: 'slow_down' }, kind: 'rateLimited', applied: 'no' },
    { when: { code: 'no_channel' }, kind: 'notFound' },
  ],
};

describe('what an answer says is seen', () => {
  test('by policy functions and rule functions, with its body', async () => {
    const seen: (Outcome & { kind: 'response' })[] = [];
    const look = (outcome: Outcome): undefined => void (outcome.kind === 'response' && seen.push(outcome));
    const { api, clock } = scripted([answer(404, { error: { code: 'no_order' } }, { 'x-request-id': 'r1' })], {
      policies: { 404: look },
      rules: [{ when: (outcome) => look(outcome) ?? false, policy: retry() }],
    });
    await clock.run(rejection(api.get('x')));
    expect(seen.map(({ api: said }) => said)).toMatchObject([
      { kind: 'notFound', code: 'no_order', requestId: 'r1' },
      { kind: 'notFound', code: 'no_order', requestId: 'r1' },
    ]);
    expect(seen[0]?.api).toBe(seen[1]?.api);
  });

  test('by rules for a kind, whatever the status is', async () => {
    const limited = answer(400, { code: 'Throttling' });
    const rules = [{ name: 'slow', when: { kind: 'rateLimited' as const }, policy: retry({ limit: 1 }) }];
    const { api, clock, log } = scripted([limited, 200], { rules });
    expect((await clock.run(api.post('x'))).status).toBe(200);
    expect(log.lines.join()).toContain('400 → retry 1 of 1');
    expect(() => scripted([], { rules: [{ when: { kind: 'slow' as never }, policy: retry() }] })).toThrow(/rules\[0]/);
  });

  test('by events of attempts, with the kind of what failed', async () => {
    const { api, clock, log } = scripted(
      [
        answer(403, { error: { code: 'rateLimitExceeded' } }),
        answer(200, { ok: false, error: 'no_channel' }),
        new TypeError('fetch failed'),
        answer(200, { ok: true }),
      ],
      { dialect: chat, retry: 0, circuitBreaker: false },
    );
    for (let count = 0; count < 4; count++) await clock.run(api.get('x').then(undefined, () => {}));
    expect(
      log.events.flatMap((event) =>
        event.type === 'attempt.ended' ? [[event.status ?? event.errorCode, event.kind]] : [],
      ),
    ).toEqual([
      [403, 'rateLimited'],
      [200, 'notFound'],
      ['NETWORK', undefined],
      [200, undefined],
    ]);
  });

  test('by explain', () => {
    const { api } = scripted([], { dialect: chat });
    expect(api.explain({ status: 429, body: { error: { code: 'insufficient_quota' } } })).toMatchObject({
      action: 'fail',
      because: 'quotaSpent',
    });
    expect(api.explain({ status: 200, body: { ok: false, error: 'slow_down' } })).toMatchObject({
      action: 'retry',
      reason: expect.stringMatching(/^200 \(rateLimited\) → retry 1 of 2/),
    });
    expect(api.explain({ status: 200, body: { ok: true } })).toMatchObject({ action: 'accept' });
  });
});

describe('a failed answer', () => {
  test.each([
    ['a throttle told as 400', 400, { __type: 'a#ThrottlingException', message: 'Rate exceeded' }],
    ['a throttle told as 403', 403, { error: { errors: [{ reason: 'rateLimitExceeded' }] } }],
    ['a lock that passes', 449, {}],
  ])('that is %s is sent again, a POST as well', async (_, status, body) => {
    const { api, clock, transport } = scripted([answer(status, body), 200]);
    expect((await clock.run(api.post('x', { json: {} }))).status).toBe(200);
    expect(transport.requests).toHaveLength(2);
  });

  test.each([
    ['no money', { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } }],
    ['a daily quota', { policyName: 'DAILY', message: 'You have reached your daily limit.' }],
    ['a monthly cap', { title: 'UsageCapExceeded', detail: 'Monthly usage cap reached' }],
  ])('of a 429 for %s fails at once', async (_, body) => {
    const { api, clock, transport } = scripted([answer(429, body), 200]);
    const error = await clock.run(rejection(api.get('x')));
    expect(transport.requests).toHaveLength(1);
    expect(error).toMatchObject({ kind: 'quotaSpent', status: 429, decision: { because: 'quotaSpent' } });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(isRateLimited(error)).toBe(false);
  });

  test('is judged by the user’s policies first, whatever it says', async () => {
    const spent = answer(429, { error: { code: 'insufficient_quota' } });
    const { api, clock } = scripted([spent, 200], { policies: { 429: retry({ limit: 1 }) } });
    expect((await clock.run(api.get('x'))).status).toBe(200);
  });

  test('with a used-up quota that has no reset is not a rate limit', async () => {
    const spent = answer(403, { code: 'RATE_LIMIT' }, { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0' });
    const { api, clock, transport } = scripted([spent, 200]);
    const error = await clock.run(rejection(api.get('x')));
    expect(transport.requests).toHaveLength(1);
    expect(error).toMatchObject({ kind: 'forbidden', quotas: [{ limit: 10, remaining: 0 }] });
  });

  test('waits as its body asks', async () => {
    const { api, clock, log } = scripted([answer(429, { parameters: { retry_after: 7 } }), 200]);
    await clock.run(api.get('x'));
    expect(log.lines.join()).toMatch(/429 → retry 1 of 2 in 7\d\d\d ms \(the body's retry_after\)/);
  });

  test('is read for a second at most before it is judged', async () => {
    const stalled = new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{')) });
    const { api, clock, transport } = scripted([new Response(stalled, { status: 503, headers: json }), 200]);
    const call = api.get('x');
    await clock.advance(999);
    expect(transport.requests).toHaveLength(1);
    expect((await clock.run(call)).status).toBe(200);
    expect(clock.pending).toBe(0);
  });

  test('of a rate limit can be caught as one, whatever its status is', async () => {
    const { api, clock } = scripted([answer(403, { message: 'slow' }, { 'retry-after': '120' })]);
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(isRateLimited(error)).toBe(true);
    expect(error).toMatchObject({ status: 403, kind: 'rateLimited', retryAfterMs: 120_000 });
    expect(isRateLimited(undefined)).toBe(false);
  });

  test('gives its documentation, its quotas and its scopes', async () => {
    const body = { message: 'Resource not accessible', documentation_url: 'https://docs.example.com/scopes' };
    const headers = {
      'x-accepted-oauth-scopes': 'repo, admin',
      'x-oauth-scopes': 'gist',
      'x-ratelimit-resource': 'core',
      'x-ratelimit-limit': '60',
      'x-ratelimit-remaining': '59',
    };
    const { api, clock } = scripted([answer(403, body, headers)]);
    const error = await clock.run(rejection(api.get('x')));
    expect(error).toMatchObject({
      kind: 'forbidden',
      helpUrl: 'https://docs.example.com/scopes',
      requiredScope: 'repo, admin',
      quota: { limit: 60, remaining: 59 },
      quotas: [{ bucket: 'core', limit: 60, remaining: 59, counts: 'requests' }],
    });
  });
});

describe('a 409 to a request with an idempotency key', () => {
  const busy = (): Response => answer(409, { error: { code: 'idempotency_key_in_use', message: 'still running' } });
  const idempotencyKeys = true;

  test('that says that the first one is in progress is asked again until its answer is there', async () => {
    const { api, clock, transport } = scripted([busy(), busy(), busy(), 200], { idempotencyKeys });
    expect((await clock.run(api.post('x', { json: {} }))).status).toBe(200);
    expect(new Set(transport.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test.each([
    ['says something else', answer(409, { error: { code: 'already_exists' } })],
    ['says that the key was used for another request', answer(409, { code: 'idempotency_key_reused_in_use' })],
    ['asks not to be retried', answer(409, { code: 'key_in_use' }, { 'x-should-retry': 'false' })],
  ])('that %s is final', async (_, conflict) => {
    const { api, clock, transport } = scripted([conflict, 200], { idempotencyKeys });
    expect(await clock.run(rejection(api.post('x', { json: {} })))).toMatchObject({ status: 409, kind: 'conflict' });
    expect(transport.requests).toHaveLength(1);
  });

  test('is final without a key', async () => {
    const { api, clock } = scripted([busy(), 200]);
    expect(await clock.run(rejection(api.post('x', { json: {} })))).toMatchObject({ status: 409 });
  });
});

describe('a success that a dialect calls an error', () => {
  const failure = (error: string): Response => answer(200, { ok: false, error });

  test('is a typed error of its kind, with the status that was sent', async () => {
    const { api, clock, log } = scripted([failure('no_channel')], { dialect: chat });
    const error = await clock.run(rejection(api.get('x').json()));
    expect(error).toMatchObject({
      name: 'NotFoundError',
      kind: 'notFound',
      status: 200,
      error: { code: 'no_channel' },
      data: { ok: false, error: 'no_channel' },
      attempts: [{ status: 200, kind: 'notFound' }],
    });
    expect(log.lines.at(-1)).toMatch(/^call.ended/);
    expect(log.events.at(-1)).toMatchObject({ type: 'call.ended', outcome: 'failure', status: 200 });
  });

  test('is sent again by the policies of the status as which it counts', async () => {
    const { api, clock, transport } = scripted([failure('slow_down'), answer(200, { ok: true, n: 1 })], {
      dialect: chat,
      policies: { 429: retry({ limit: 1 }) },
    });
    expect(await clock.run(api.post('x', { json: {} }).json())).toEqual({ ok: true, n: 1 });
    expect(transport.requests).toHaveLength(2);
  });

  test('is returned by client.fetch unchanged, with its body unread', async () => {
    const { api, clock, log } = scripted([failure('no_channel')], { dialect: chat });
    const response = await clock.run(api.fetch('https://api.example.com/x'));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ok: false, error: 'no_channel' });
    expect(log.events.at(-1)).toMatchObject({ type: 'call.ended', outcome: 'failure' });
  });

  test('is an answer where statuses are not thrown', async () => {
    const { api, clock } = scripted([failure('no_channel')], { dialect: chat, throwHttpErrors: false });
    expect(await clock.run(api.get('x').json())).toEqual({ ok: false, error: 'no_channel' });
  });

  test('leads to the fallback', async () => {
    const { api, clock } = scripted([failure('no_channel')], { dialect: chat, fallback: () => Response.json(1) });
    expect(await clock.run(api.get('x').json())).toBe(1);
  });

  test('is found only in JSON that is short and whole; without a dialect no success is looked at', async () => {
    const clone = vi.spyOn(Response.prototype, 'clone');
    const ok = { ok: false };
    const text = new Response('{"ok":false}', { headers: { 'content-type': 'text/plain' } });
    const long = answer(200, { ok: false, text: 'x'.repeat(70_000) });
    const { api, clock } = scripted([text, long], { dialect: chat });
    expect((await clock.run(api.get('x'))).status).toBe(200);
    expect((await clock.run(api.get('x'))).status).toBe(200);
    clone.mockClear();
    expect(
      await scripted([answer(200, ok)])
        .api.get('x')
        .json(),
    ).toEqual(ok);
    expect(clone).not.toHaveBeenCalled();
    clone.mockRestore();
  });
});

describe('the option dialect', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    ['github', 'dialect must be a dialect such as'],
    [() => chat, 'did you forget to call it'],
    [{ ...chat, name: '' }, 'dialect.name must be a name'],
    [{ ...chat, verdict: [] }, 'did you mean'],
    [[chat, { name: 'b', wait: [{ from: 'a..b[', unit: 's' }] }], 'dialect[1].wait[0].from must be a path'],
    [{ name: 'b', wait: [{ from: 'a', unit: 'min' }] }, 'dialect.wait[0].unit must be'],
    [{ name: 'b', verdicts: [{ when: { status: 9 }, kind: 'failed' }] }, 'dialect.verdicts[0].when.status must be'],
    [{ name: 'b', verdicts: [{ when: {}, kind: 'bad' }] }, 'dialect.verdicts[0].kind must be'],
    [{ name: 'b', error: { code: 'a' } }, 'dialect.error.code must be a list'],
    [{ name: 'b', read: 1 }, 'dialect.read must be a function'],
  ];

  test.each(cases)('refuses %j', (dialect, message) => {
    expect(() => scripted([], { dialect: dialect as Dialect })).toThrow(message);
  });

  test('of a call goes before that of the client, which is handed down', async () => {
    const none: Dialect = { name: 'none' };
    const { api, clock } = scripted([answer(200, { ok: false }), answer(200, { ok: false })], { dialect: chat });
    expect(await clock.run(api.get('x', { dialect: none }).json())).toEqual({ ok: false });
    expect(await clock.run(rejection(api.extend({}).get('x')))).toMatchObject({ kind: 'invalid' });
  });

  test('decides what the status leaves open, and is named in the decision', async () => {
    const own: Dialect = { name: 'own', verdicts: [{ when: { code: 'wait' }, kind: 'rateLimited', retry: true }] };
    const { api, clock, log } = scripted([answer(422, { code: 'wait' }), 200], { dialect: own });
    await clock.run(api.get('x'));
    expect(log.events.find(({ type }) => type === 'retry.scheduled')).toMatchObject({
      decision: { rule: 'dialect (own)', action: 'retry' },
    });
    const word = { 'x-should-retry': 'false' };
    const refused = scripted([answer(422, { code: 'wait' }, word)], { dialect: own });
    expect(await refused.clock.run(rejection(refused.api.get('x')))).toMatchObject({
      decision: { because: 'serverSaysNo', rule: 'default' },
    });
  });
});

describe('every part goes by what was read', () => {
  test('the limiter pauses for a wait that is in the body', async () => {
    const { api, clock, log } = scripted([answer(429, { parameters: { retry_after: 7 } })], { retry: 0 });
    await clock.run(rejection(api.get('x')));
    expect(log.events.find(({ type }) => type === 'limiter.paused')).toMatchObject({
      pauseMs: 7000,
      source: "the body's retry_after",
    });
  });

  test('the limiter reads a reset in the unit and a bucket in the place that a dialect names', async () => {
    const dialect: Dialect = {
      name: 'own',
      quotas: [
        {
          bucket: { header: 'x-pool' },
          limit: { header: 'x-ratelimit-limit' },
          remaining: { header: 'x-ratelimit-remaining' },
          reset: { from: { header: 'x-ratelimit-reset' }, unit: 'ms' },
        },
      ],
    };
    const headers = {
      'x-pool': 'writes',
      'x-ratelimit-limit': '9',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '3000',
    };
    const { api, clock, log } = scripted([answer(200, {}, headers)], { dialect });
    await clock.run(api.get('x').json());
    const quota = { bucket: 'writes', limit: 9, remaining: 0, resetAt: clock.wallNow() + 3000 };
    expect(api.snapshot().quotas).toMatchObject([quota]);
    expect(log.events.find(({ type }) => type === 'limiter.paused')).toMatchObject({ pauseMs: 3000, bucket: 'writes' });
  });

  test('the circuit counts a success that a dialect calls an overload', async () => {
    const dialect: Dialect = {
      name: 'own',
      failure: { when: { path: 'down' } },
      verdicts: [{ when: { path: 'down' }, kind: 'overloaded' }],
    };
    const { api, clock } = scripted([answer(200, { down: 1 }), answer(200, { up: 1 })], { dialect, retry: 0 });
    await clock.run(rejection(api.get('x')));
    expect(api.snapshot().circuits).toMatchObject([{ failures: 1, successes: 0 }]);
    await clock.run(api.get('x').json());
    expect(api.snapshot().circuits).toMatchObject([{ failures: 1, successes: 1 }]);
  });
});
