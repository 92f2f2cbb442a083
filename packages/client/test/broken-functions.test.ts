import { apiKey, bearerToken, type CallOptions, type ClientOptions, retry } from 'holdfast';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

const thrown = new Error('a function of the user’s is broken');
const throws = (): never => {
  throw thrown;
};
const rejects = (): Promise<never> => Promise.reject(thrown);

type Case = readonly [name: string, script: readonly number[], options: (broken: () => never) => ClientOptions];

/** Functions whose error ends the call unchanged. */
const ending: readonly Case[] = [
  ['a policy function', [503], (broken) => ({ policies: { 503: broken } })],
  ['a rule', [503], (broken) => ({ rules: [{ when: broken, policy: retry() }] })],
  ['the policy of a rule', [503], (broken) => ({ rules: [{ when: { status: 503 }, policy: broken }] })],
  ['shouldRetry', [503], (broken) => ({ retry: { shouldRetry: broken } })],
  ['a retry’s delay', [503], (broken) => ({ retry: { delay: broken } })],
  ['a beforeRequest hook', [], (broken) => ({ hooks: { beforeRequest: [broken] } })],
  ['an afterResponse hook', [200], (broken) => ({ hooks: { afterResponse: [broken] } })],
  ['a beforeRetry hook', [503], (broken) => ({ hooks: { beforeRetry: [broken] } })],
  ['a beforeError hook', [404], (broken) => ({ hooks: { beforeError: [broken] } })],
  ['a fallback', [404], (broken) => ({ fallback: broken })],
  ['a perCall strategy', [], (broken) => ({ perCall: [{ name: 'x', execute: broken }] })],
  ['a perAttempt strategy', [], (broken) => ({ perAttempt: [{ name: 'x', execute: broken }] })],
  ['generate of an idempotency key', [], (broken) => ({ idempotencyKeys: { generate: broken, methods: ['GET'] } })],
  ['random', [503], (broken) => ({ random: broken })],
  ['throwHttpErrors', [404], (broken) => ({ throwHttpErrors: broken })],
  ['fetch', [], (broken) => ({ fetch: broken })],
];

test.for(ending)('%s that throws ends the call with its error', async ([, script, options]) => {
  const { api, clock, log } = scripted(script, options(throws));
  expect(await clock.run(rejection(api.get('x')))).toBe(thrown);
  const other = scripted(script, options(throws));
  expect(await other.clock.run(rejection(other.api.get('x').json()))).toBe(thrown);
  await clock.advance(0);
  expect(clock.pending).toBe(0);
  expect(api.snapshot().callsInFlight).toBe(0);
  expect(log.lines.at(-1)).toMatch(/^call\.ended: failure/);
});

const asynchronous = [
  'shouldRetry',
  'a beforeRequest hook',
  'an afterResponse hook',
  'a beforeRetry hook',
  'a fallback',
  'fetch',
];
test.for(ending.filter(([name]) => asynchronous.includes(name)))(
  '%s that rejects ends the call with its error',
  async ([, script, options]) => {
    const { api, clock } = scripted(script, options(rejects as () => never));
    expect(await clock.run(rejection(api.get('x')))).toBe(thrown);
    expect(clock.pending).toBe(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  },
);

const mustNotBeAsync: readonly Case[] = [
  ...ending.filter(([name]) => /policy|^a rule|delay|generate|random|throwHttpErrors/.test(name)),
  ['a retry’s jitter', [503, 200], (broken) => ({ retry: { jitter: broken } })],
  ['docsUrl', [404], (broken) => ({ docsUrl: broken, dashboardUrl: broken, supportUrl: broken })],
  ['the key of a circuit', [404], (broken) => ({ circuitBreaker: { key: broken } })],
];
test.for(mustNotBeAsync)('%s that is async and rejects causes no unhandled rejection', async ([, script, options]) => {
  const { api, clock } = scripted([...script, 200], options(rejects as () => never));
  await clock.run(api.get('x').catch(() => undefined));
  expect(clock.pending).toBe(0);
  expect(api.snapshot().callsInFlight).toBe(0);
});

test('a rule that is async does not count as one that matches', async () => {
  const { api, clock } = scripted([503], { rules: [{ when: (async () => false) as never, policy: retry() }] });
  const error = await clock.run(rejection(api.get('x')));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toMatch(/rules\[0\]\.when must return true or false, not a promise of it, got a Promise$/);
});

test.for<[string, (error: Error) => unknown]>([
  ['a getter that throws', (error) => Object.defineProperty(error, 'note', { get: throws, enumerable: true })],
  ['a name that throws', (error) => Object.defineProperty(error, 'name', { get: throws })],
  ['no response', (error) => Object.assign(error, { response: undefined })],
  [
    'a proxy that throws',
    (error) => new Proxy(error, { get: (of, key) => (key === 'response' ? throws() : Reflect.get(of, key)) }),
  ],
])('a beforeError hook may give an error with %s: the call ends all the same', async ([, change]) => {
  const beforeError = [({ error }: { error: Error }) => change(error) as Error];
  const { api, clock, log } = scripted([404], { hooks: { beforeError } });
  expect(await clock.run(rejection(api.get('x')))).toBeInstanceOf(Error);
  expect(api.snapshot().callsInFlight).toBe(0);
  expect(log.lines.at(-1)).toMatch(/^call\.ended: failure/);
});

const circle: { self?: unknown } = {};
circle.self = circle;

test.for<[string, unknown]>([
  ['a BigInt', { count: 1n }],
  ['a circle', circle],
  ['a function that throws', { toJSON: throws }],
])('parseJson may make %s of a failure that a hook answers with', async ([, data]) => {
  const { api, clock } = scripted([], {
    hooks: { beforeRequest: [() => Response.json({}, { status: 404 })] },
    parseJson: () => data,
  });
  const error = await clock.run(rejection<{ data?: unknown }>(api.get('x')));
  expect(error).toMatchObject({ name: 'NotFoundError', status: 404 });
  expect(error.data).toBe(data);
  expect(api.snapshot().callsInFlight).toBe(0);
});

test('a strategy that gives no Response is named', async () => {
  for (const given of [undefined, null, {}, 'text']) {
    const strategy = { name: 'mine', execute: async () => given as never };
    for (const key of ['perCall', 'perAttempt']) {
      const { api, clock } = scripted([], { [key]: [strategy] });
      for (const call of [() => api.get('x'), () => api.fetch(`${baseUrl}x`)]) {
        const error = await clock.run(rejection(call()));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toContain(`${key}[0] (mine) must return a Response, got `);
      }
    }
  }
});

test('on client.fetch no broken function hangs a call either', async () => {
  for (const [name, script, options] of ending) {
    if (/hook|throwHttpErrors/.test(name)) continue;
    const { api, clock } = scripted(script, options(throws));
    expect(await clock.run(rejection(api.fetch(`${baseUrl}x`)))).toBe(thrown);
    expect(clock.pending).toBe(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  }
});

test('a refresh that throws is a CredentialsError with it as the cause', async () => {
  for (const refresh of [throws, rejects]) {
    const { api, clock } = scripted([401], { auth: bearerToken({ token: 'a', refresh }) });
    expect(await clock.run(rejection(api.get('x')))).toMatchObject({ code: 'CREDENTIALS', cause: thrown });
  }
});

test('a refresh that fails after all callers have left causes no unhandled rejection', async () => {
  let fail: (reason: unknown) => void = () => {};
  const refresh = () =>
    new Promise<string>((_resolve, reject) => {
      fail = reject;
    });
  const { api, clock } = scripted([], { auth: bearerToken({ refresh }) });
  const controller = new AbortController();
  const failure = rejection(api.get('x', { signal: controller.signal }));
  await clock.advance(1);
  controller.abort('bye');
  expect(await failure).toBe('bye');
  fail(thrown);
  await clock.advance(1);
  await api.close();
});

test('a listener that throws or rejects breaks no call, and is reported on the console', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { api, clock } = scripted([503, 200]);
  api.on(throws);
  api.on('attempt.started', rejects as never);
  expect((await clock.run(api.get('x'))).status).toBe(200);
  await clock.advance(0);
  expect(told).toHaveBeenCalledTimes(7 + 2);
  expect(told).toHaveBeenCalledWith('holdfast: a listener for call.started threw', thrown);
  told.mockRestore();
});

test('a function that gives no policy is named', async () => {
  const { api, clock } = scripted([503], { policies: { 503: () => 'retry' as never } });
  const error = await clock.run(rejection(api.get('x')));
  expect(error.message).toMatch(/^policies\[503\] .*got "retry"$/);
});

test('a fetch that gives no Response is named', async () => {
  for (const given of [undefined, null, {}, 'text']) {
    const { api, clock } = scripted([], { fetch: (async () => given) as never });
    const error = await clock.run(rejection(api.get('x')));
    expect(error.message).toMatch(/fetch: the given function must return a Response, got/);
    expect(error).toBeInstanceOf(TypeError);
  }
});

test.each([undefined, null, 5, {}, 'text'])(
  'a transport that gives %o in place of a Response is named',
  async (given) => {
    const transport = async () => given as never;
    // Redirects are followed by hand for a key in a header of its own.
    for (const auth of [undefined, bearerToken({ token: 'a' }), apiKey({ key: 'k', header: 'X-Key' })]) {
      const { api, clock } = scripted([], { transport, auth, fetch: undefined as never });
      for (const call of [() => api.get('x'), () => api.fetch(`${baseUrl}x`), () => api.events('x').response]) {
        const error = await clock.run(rejection(call()));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toContain('transport must return a Response, got ');
      }
    }
  },
);

test('generate must return a string', async () => {
  for (const given of ['', 5, undefined]) {
    const options: CallOptions = { idempotencyKeys: { generate: () => given as never } };
    const { api, clock } = scripted([], options);
    for (const call of [() => api.post('x'), () => api.fetch(`${baseUrl}x`, { method: 'POST' })]) {
      expect((await clock.run(rejection(call()))).message).toMatch(/idempotencyKeys\.generate must return a string/);
    }
    expect(api.snapshot().callsInFlight).toBe(0);
  }
});

test('only the call’s own promise can be an unhandled rejection', async () => {
  const { api, clock } = scripted([404]);
  const promise = api.get('x');
  const failure = rejection(promise.json());
  await clock.run(failure);
  await clock.advance(0);
});
