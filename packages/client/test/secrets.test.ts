import { inspect } from 'node:util';
import { hang, networkFailureOf, type Step } from '@holdfast/core/testing';
import { apiKey, bearerToken, type CallOptions, type ResilienceError } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const secret = 'hush-4711';
const call: CallOptions = {
  headers: {
    authorization: `Bearer ${secret}`,
    cookie: `session=${secret}`,
    'x-api-key': secret,
    'proxy-authorization': `Basic ${secret}`,
  },
  searchParams: { api_key: secret, access_token: secret, page: '7' },
  context: { secret },
};

/** Everything that a person or a logger may print of an error. */
function printed(error: ResilienceError): string {
  return [
    String(error),
    error.message,
    error.stack,
    inspect(error, { depth: 20 }),
    inspect(error, { depth: 20, showHidden: true, customInspect: false }),
    inspect(error.cause, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(error),
    JSON.stringify(error.cause),
    error.supportReport(),
    error.timeline.join(),
    JSON.stringify(Object.getOwnPropertyDescriptors(error)),
  ].join('\n');
}

const echoed = { error: { message: `bad token: ${secret}`, code: 'x' } };
const failures: readonly [name: string, script: readonly Step[], options: CallOptions][] = [
  ['an error status', [404], {}],
  ['an error status after retries', [503, 503, 503], {}],
  ['no answer', [networkFailureOf('ECONNRESET')], { retry: 0 }],
  ['an attempt that times out', [hang()], { timeout: 10, retry: 0 }],
  ['a deadline', [hang()], { timeout: 10, totalTimeout: 10 }],
];

test.for(failures)('%s shows no secret', async ([, script, options]) => {
  const { api, clock, log } = scripted(script);
  const error = await clock.run(rejection<ResilienceError>(api.get('orders', { ...call, ...options })));
  expect(printed(error)).not.toContain(secret);
  expect(printed(error)).toContain('page=7');
  expect(JSON.stringify(log.events)).not.toContain(secret);
  expect(JSON.stringify(api.snapshot())).not.toContain(secret);
});

test('a body is in no error', async () => {
  const { api, clock } = scripted([422, 422]);
  for (const options of [{ json: { password: secret } }, { body: `password=${secret}` }]) {
    expect(printed(await clock.run(rejection<ResilienceError>(api.post('x', options))))).not.toContain(secret);
  }
});

test("what the platform's error says of the URL is struck out wherever we print it", async () => {
  const { api, clock, log } = scripted([
    new TypeError('fetch failed', { cause: new Error(`https://a.example/?token=${secret} is gone`) }),
  ]);
  const error = await clock.run(rejection<ResilienceError>(api.get('x', { retry: 0 })));
  expect(
    `${inspect(error)}${JSON.stringify(error)}${error.supportReport()}${JSON.stringify(log.events)}`,
  ).not.toContain(secret);
});

test('a secret that the API echoes in its message is struck out of the error', async () => {
  const { api, clock } = scripted([{ status: 401, json: echoed }]);
  const error = await clock.run(rejection<ResilienceError>(api.get('orders', call)));
  expect(`${error}${JSON.stringify(error)}${error.supportReport()}`).not.toContain(secret);
});

test('user and password in a URL are not shown', async () => {
  const { api, clock, log } = scripted([404, 404]);
  const error = await clock.run(rejection<ResilienceError>(api.get('https://api.example.com/x', { headers: {} })));
  expect(error.request.url).toBe('https://api.example.com/x');
  const refused = await rejection<Error>(api.fetch(`https://me:${secret}@api.example.com/x`));
  expect(refused).toBeInstanceOf(TypeError);
  expect(JSON.stringify(log.events)).not.toContain(secret);
});

test('credentials of the client are in no error, event or snapshot', async () => {
  for (const auth of [
    bearerToken({ token: secret, refresh: () => `${secret}-2` }),
    apiKey({ key: secret }),
    apiKey({ key: secret, header: 'x-plain' }),
  ]) {
    const { api, clock, log } = scripted([401, 401], { auth });
    const error = await clock.run(rejection<ResilienceError>(api.get('x')));
    expect(printed(error)).not.toContain(secret);
    expect(JSON.stringify([log.events, api.snapshot()])).not.toContain(secret);
  }
});

test('a refresh that fails with a secret in its words does not pass it on in ours', async () => {
  const refresh = () => Promise.reject(new Error(`POST /token?client_secret=${secret} gave 400`));
  const { api, clock, log } = scripted([], { auth: bearerToken({ refresh }) });
  const error = await clock.run(rejection<ResilienceError>(api.get('x')));
  expect(`${error.message}${JSON.stringify(error)}${error.supportReport()}`).not.toContain(secret);
  expect(JSON.stringify(log.events)).not.toContain(secret);
});
