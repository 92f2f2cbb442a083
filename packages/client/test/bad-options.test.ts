import { replaceOption } from '@holdfast/ky';
import {
  accept,
  apiKey,
  bearerToken,
  type CallOptions,
  type ClientOptions,
  createResilientClient,
  exponentialBackoff,
  retry,
} from 'holdfast';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import * as zod from 'zod';
import { rejection, scripted } from './support/scripted.ts';

type Bad = readonly [options: object, message: RegExp, type?: typeof RangeError];

const misspelt: readonly Bad[] = [
  [{ policiez: {} }, /unknown option "policiez"; did you mean "policies"\?/],
  [{ retrys: 2 }, /"retrys"; did you mean "retry"\?/],
  [{ timeOut: 5 }, /"timeOut"; did you mean "timeout"\?/],
  [{ totaltimeout: 5 }, /"totaltimeout"; did you mean "totalTimeout"\?/],
  [{ baseURL: 'https://a.example' }, /"baseURL"; did you mean "baseUrl"\?/],
  [{ header: {} }, /"header"; did you mean "headers"\?/],
  [{ fallBack: () => undefined }, /"fallBack"; did you mean "fallback"\?/],
  [{ idempotencyKey: true }, /"idempotencyKey"; did you mean "idempotencyKeys"\?/],
  [{ perAttempts: [] }, /"perAttempts"; did you mean "perAttempt"\?/],
  [{ circuitbreaker: false }, /"circuitbreaker"; did you mean "circuitBreaker"\?/],
];

const ofCallAndClient: readonly Bad[] = [
  [{ timeout: -1 }, /timeout must be a number .*milliseconds, or false for none.*got -1/, RangeError],
  [{ timeout: Number.NaN }, /timeout must be .*got NaN/, RangeError],
  [{ timeout: '5s' }, /timeout must be .*got "5s"/],
  [{ timeout: true }, /timeout must be .*got true/],
  [{ totalTimeout: null }, /totalTimeout must be .*got null/],
  [{ timeout: 10, totalTimeout: 5 }, /timeout must not be longer than totalTimeout \(5\).*got 10/, RangeError],
  [{ policies: [] }, /policies must be an object such as .*got an array of 0/],
  [{ policies: { 99: accept() } }, /policies\[99\]: "99" is not a status; use one from 100 to 599/],
  [{ policies: { 600: accept() } }, /"600" is not a status/],
  [{ policies: { '6xx': accept() } }, /policies\['6xx'\]: "6xx" is not a status/],
  [{ policies: { '5XX': accept() } }, /"5XX" is not a status/],
  [{ policies: { networks: accept() } }, /"networks" is not a status/],
  [{ policies: { 503: 'retry' } }, /policies\[503\] must be a policy such as retry\(\).*got "retry"/],
  [{ policies: { 503: { limit: 3 } } }, /policies\[503\] must be a policy.*got an object with limit/],
  [
    { policies: { 500: retry } },
    /policies\[500\] must be a policy; did you forget to call it\? retry\(\), got function retry/,
  ],
  [{ policies: { default: 3 } }, /policies\.default must be a policy.*got 3/],
  [{ rules: {} }, /rules must be a list of \{name, when, policy\}/],
  [{ rules: [{ when: {}, polcy: accept() }] }, /rules\[0\]: unknown option "polcy"; did you mean "policy"\?/],
  [{ rules: [{ when: {} }] }, /rules\[0\]\.policy must be a policy.*got undefined/],
  [
    { rules: [{ when: { status: 'teapot' }, policy: accept() }] },
    /rules\[0\]\.when\.status must be a status.*got "teapot"/,
  ],
  [{ rules: [{ when: 5, policy: accept() }] }, /rules\[0\]\.when takes an object/],
  [{ rules: [{ when: { path: 5 }, policy: accept() }] }, /rules\[0\]\.when\.path must be a pattern/],
  [{ retry: -1 }, /retry must be an integer ≥ 0, got -1/, RangeError],
  [{ retry: 1.5 }, /retry must be an integer ≥ 0, got 1\.5/, RangeError],
  [{ retry: true }, /retry must be a number of retries, or an object with limit, .*got true/],
  [{ retry: '3' }, /retry must be a number of retries, or an object with limit, .*got "3"/],
  [{ retry: null }, /retry must be a number of retries, or an object with limit, .*got null/],
  [{ retry: { limits: 3 } }, /retry: unknown option "limits"; did you mean "limit"\?/],
  [{ retry: { statusCodes: [99] } }, /retry\.statusCodes must be a list of statuses from 100 to 599/],
  [{ retry: { delay: 5 } }, /retry\.delay must be a function/],
  [{ retry: { shouldRetry: true } }, /retry\.shouldRetry must be a function/],
  [{ maxRetryAfter: -5 }, /maxRetryAfter must be a number ≥ 0.*got -5/, RangeError],
  [{ fallback: new Response() }, /fallback must be a function .*got a Response/],
  [{ requestSchema: true }, /requestSchema must be a schema \(zod, valibot, …\), a list of .*, or false, got true/],
  [{ requestSchema: null }, /requestSchema must be a schema .*got null/],
  [{ requestSchema: { parse() {} } }, /requestSchema must be a schema .*got an object with parse/],
  [{ requestSchema: [{ when: {} }] }, /requestSchema\[0\]\.schema must be a schema .*got undefined/],
  [{ requestSchema: [{ path: '/x' }] }, /requestSchema\[0\]: unknown option "path"; known are when, schema/],
  [{ requestSchema: [{ when: { status: 5 } }] }, /requestSchema\[0\]\.when: unknown option "status"/],
  [{ requestSchema: [{ when: { path: 5 }, schema: zod.any() }] }, /requestSchema\[0\]\.when\.path must be a pattern/],
  [{ resumeBody: 'yes' }, /resumeBody must be true or false, got "yes"/],
  [{ idleTimeout: 0 }, /idleTimeout must be a number from 1 to 2147483647.*got 0/, RangeError],
  [
    { idleTimeout: true },
    /idleTimeout must be a number from 1 to 2147483647 \(milliseconds, or false for none\), got true/,
  ],
  [{ readBody: true }, /readBody must be "inAttempt" or "firstChunk" or false, got true/],
  [{ docsUrl: 5 }, /docsUrl must be a string or a function/],
  [{ idempotencyKeys: { headers: 'x' } }, /idempotencyKeys: unknown option "headers"; did you mean "header"\?/],
  [{ idempotencyKeys: { header: 'a b' } }, /idempotencyKeys\.header must be a header's name/],
  [{ idempotencyKeys: { generate: 'x' } }, /idempotencyKeys\.generate must be a function/],
  [{ hooks: 3 }, /hooks takes an object with init, beforeRequest, .*got 3/],
  [{ hooks: null }, /hooks takes an object with init, beforeRequest, .*got null/],
  [{ hooks: { beforeRetri: [() => {}] } }, /hooks: unknown option "beforeRetri"; did you mean "beforeRetry"\?/],
  [{ hooks: { beforeRetry: () => {} } }, /hooks\.beforeRetry must be a list of functions, got function beforeRetry/],
  [{ hooks: { beforeRetry: ['x'] } }, /hooks\.beforeRetry must be a list of functions, got an array of 1/],
  [{ hooks: replaceOption({ afterResponse: 3 } as never) }, /hooks\.afterResponse must be a list of functions, got 3/],
  [{ throwHttpErrors: 3 }, /throwHttpErrors must be true, false or \(status\) => boolean, got 3/],
  [{ searchParams: 3 }, /searchParams must be an object such as \{page: 2\}, got 3/],
  [{ fetch: 3 }, /fetch must be a function .*got 3/],
  [{ signal: 3 }, /signal must be an AbortSignal, got 3/],
  [{ method: 3 }, /method must be a string such as 'POST', got 3/],
  [{ parseJson: 3 }, /parseJson must be a function .*got 3/],
  [{ stringifyJson: 3 }, /stringifyJson must be a function .*got 3/],
  [{ onDownloadProgress: 3 }, /onDownloadProgress must be a function .*got 3/],
  [{ onUploadProgress: 3 }, /onUploadProgress must be a function .*got 3/],
  [{ headers: 3 }, /headers must be an object such as .*got 3/],
  [{ headers: replaceOption(3 as never) }, /headers must be an object such as .*got 3/],
  [{ context: 3 }, /context must be an object, got 3/],
];

const renamed: Bad = [{ prefixUrl: 'https://a.example' }, /prefixUrl is called prefix since ky 2/];

const ofClient: readonly Bad[] = [
  [{ retryBudget: null }, /retryBudget takes an object with ratio, minPerSecond.*got null/],
  [{ authOrigins: ['nope'] }, /authOrigins\[0\] must be an origin such as .*got "nope"/],
  [{ authOrigins: ['https://*.example.com'] }, /authOrigins\[0\] must be an origin such as .*without wildcards/],
  [{ authOrigins: ['https://exa%2ample.com'] }, /authOrigins\[0\] must be an origin such as .*without wildcards/],
  [{ authOrigins: [5] }, /authOrigins\[0\] must be an origin such as .*got 5/],
  [{ perCall: [{ execute: () => {} }] }, /perCall must be a list of strategies/],
  [{ circuitBreaker: true }, /circuitBreaker takes an object with failureRatio, .*got true/],
  [{ circuitBreaker: { failureRatio: 50 } }, /circuitBreaker\.failureRatio must be .*got 50/, RangeError],
  [{ rateLimit: { requests: 5 } }, /rateLimit\.requests has no effect without perMs; set perMs, too/],
  [{ rateLimit: true }, /rateLimit takes an object with maxConcurrent, .*got true/],
  [{ rateLimit: { maxConcurent: 5 } }, /rateLimit: unknown option "maxConcurent"; did you mean "maxConcurrent"/],
  [{ rateLimit: [{ maxConcurrent: 0 }] }, /rateLimit\[0\]\.maxConcurrent must be an integer ≥ 1, got 0/, RangeError],
  [{ retryBudget: true }, /retryBudget takes an object with ratio, minPerSecond.*got true/],
  [{ retryBudget: { ratio: -1 } }, /retryBudget\.ratio must be .*got -1/, RangeError],
  [{ retryBudget: { rate: 1 } }, /retryBudget: unknown option "rate"; known are ratio, minPerSecond/],
  [{ auth: 'token' }, /auth must be bearerToken\(…\), apiKey\(…\) or \{header, get, refresh\?\}, got "token"/],
  [{ auth: { get: () => 'x' } }, /auth must be/],
  [
    { baseUrl: 'https://a.example', auth: bearerToken({ token: 't' }), authOrigins: 'https://b.example' },
    /authOrigins must be a list/,
  ],
  [{ auth: bearerToken({ token: 't' }), authOrigins: ['b.example'] }, /authOrigins\[0\] must be an origin such as/],
  [{ auth: bearerToken({ token: 't' }), baseUrl: 'nowhere' }, /baseUrl must be a URL such as .*, got "nowhere"/],
  [{ perCall: {} }, /perCall must be a list of strategies/],
  [{ timeout: Number.POSITIVE_INFINITY }, /timeout must be .*got Infinity/, RangeError],
  [{ totalTimeout: 2 ** 31 }, /totalTimeout must be .*got 2147483648/, RangeError],
  [{ perAttempt: [{ name: 'x' }] }, /perAttempt must be a list of strategies/],
  [{ baseUrl: 'nowhere' }, /baseUrl must be a URL such as 'https:\/\/api\.example\.com\/v1\/', got "nowhere"/],
  [{ baseUrl: 5 }, /baseUrl must be a URL such as .*, got 5/],
  [{ clock: Date }, /clock must have now, wallNow, setTimer and clearTimer/],
  [{ random: 0.5 }, /random must be a function/],
  [{ coalesce: { key: 'url' } }, /createResilientClient: coalesce: unknown option "key"/],
  [{ coalesce: { partitions: () => '' } }, /coalesce: unknown option "partitions"; did you mean "partition"\?/],
  [{ coalesce: { partition: 'user' } }, /coalesce.partition must be a function \(call\) => string, got "user"/],
  [{ statusPage: 'https://status.example' }, /statusPage takes an object with url, .*got "https/],
  [{ statusPage: { href: 'x' } }, /statusPage: unknown option "href"; known are url, intervalMs, timeoutMs, fetch/],
  [{ statusPage: { url: 'status' } }, /statusPage\.url must be a URL such as .*got "status"/],
  [{ statusPage: { url: 'https://a.example', intervalMs: 5 } }, /statusPage\.intervalMs must be .*got 5/, RangeError],
  [{ coalesce: null }, /coalesce must be true, false, or an object such as {partition: call => userId}, got null/],
];

describe('createResilientClient()', () => {
  test.for([...misspelt, renamed, ...ofCallAndClient, ...ofClient])(
    'refuses %j',
    ([options, message, type = TypeError]) => {
      const create = () => createResilientClient(options as ClientOptions);
      expect(create).toThrow(type);
      expect(create).toThrow(message);
      expect(create).toThrow(/^createResilientClient: /);
    },
  );

  test('refuses a value that is not an object', () => {
    for (const bad of [null, 5, 'https://a.example', [], () => {}]) {
      const words = new TypeError('The `options` argument must be an object');
      expect(() => createResilientClient(bad as never)).toThrow(words);
      expect(() => ky.create(bad as never)).toThrow(words);
    }
  });

  test("lets fetch's own and a runtime's options through, and what resembles none", () => {
    const options = {
      credentials: 'include',
      priority: 'high',
      cf: {},
      next: {},
      dispatcher: {},
      tracing: 1,
      myOwnThing: 2,
    };
    expect(() => createResilientClient(options as ClientOptions)).not.toThrow();
    expect(() =>
      createResilientClient({ rateLimit: false, circuitBreaker: false, timeout: undefined } as object),
    ).not.toThrow();
  });
});

describe('what ky allows', () => {
  test.for<ClientOptions>([
    { hooks: { beforeRetry: undefined, beforeRequest: [] } as never },
    { hooks: replaceOption({ beforeRequest: [() => {}] }) },
    { hooks: undefined as never, headers: undefined as never, signal: undefined as never },
    { signal: null },
    { signal: new AbortController().signal },
    { headers: new Headers() },
    { headers: [['a', 'b']] },
    { headers: replaceOption({ a: 'b' }) },
    { searchParams: 'a=b' },
    { searchParams: new URLSearchParams() },
    { searchParams: [['a', 1]] },
    { throwHttpErrors: () => false },
    { timeout: undefined, totalTimeout: undefined },
    { rateLimit: false, responseCache: false, coalesce: false, statusPage: false, requestSchema: false },
  ])('%o is taken', (options) => {
    expect(() => createResilientClient(options).extend(options)).not.toThrow();
  });

  test('a time that is undefined in a call is the client’s', async () => {
    const { api, clock } = scripted([() => new Promise(() => {})], { timeout: 500, retry: 0 });
    const failure = rejection(api.get('x', { timeout: undefined }));
    expect((await clock.run(failure)).message).toMatch(/\b500 ms/);
  });
});

describe('init.holdfast of client.fetch', () => {
  test.for([...misspelt, ...ofCallAndClient])('refuses %j', async ([options]) => {
    const { api, transport } = scripted([]);
    await expect(api.fetch('https://a.example/', { holdfast: options as never })).rejects.toThrow(
      /^fetch: init\.holdfast: /,
    );
    expect(transport.requests).toHaveLength(0);
  });

  test.for([
    ['signal', "belongs to fetch's init itself"],
    ['method', "belongs to fetch's init itself"],
    ['headers', "belongs to fetch's init itself"],
    ['body', "belongs to fetch's init itself"],
    ['json', 'has no effect in client.fetch; leave it out'],
    ['hooks', 'has no effect in client.fetch; leave it out'],
    ['searchParams', 'has no effect in client.fetch; leave it out'],
    ['baseUrl', 'has no effect in client.fetch; leave it out'],
    ['prefix', 'has no effect in client.fetch; leave it out'],
  ])('refuses %s, and says where it belongs', async ([key, remedy]) => {
    const { api } = scripted([]);
    const failure = await rejection(api.fetch('https://a.example/', { holdfast: { [key as string]: {} } as never }));
    expect(failure).toEqual(new TypeError(`fetch: init.holdfast: ${key} ${remedy}`));
  });

  test('refuses what is not an option at all', async () => {
    const { api } = scripted([]);
    const failure = await rejection(api.fetch('https://a.example/', { holdfast: { tracing: 1 } as never }));
    expect(failure).toEqual(new TypeError('fetch: init.holdfast: unknown option "tracing"; leave it out'));
  });

  test('takes times and policies', async () => {
    const { api } = scripted([200]);
    const holdfast = { timeout: 5, totalTimeout: 10, policies: {}, retry: 0 };
    expect((await api.fetch('https://a.example/', { holdfast })).status).toBe(200);
  });
});

describe('extend() and a call', () => {
  test('refuse prefixUrl at once, a call in ky’s own words', () => {
    const [options, message] = renamed;
    expect(() => scripted([]).api.extend(options)).toThrow(message);
    expect(() => scripted([]).api.get('x', options)).toThrow(/^The `prefixUrl` option has been renamed `prefix`/);
  });

  test.for(misspelt)('refuse the name in %j at once', ([options, message, type = TypeError]) => {
    const { api, transport } = scripted([]);
    expect(() => api.extend(options as ClientOptions)).toThrow(message);
    for (const call of [() => api.get('x', options), () => api('x', options), () => api.post('x', options)]) {
      expect(call).toThrow(type);
      expect(call).toThrow(message);
    }
    expect(transport.requests).toHaveLength(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test.for(['timeout', 'totalTimeout'])('refuse a %s that no timer holds, in ky’s words', async (name) => {
    const options = { [name]: 2 ** 31, retry: 0, fetch: async () => new Response() };
    const theirs = await rejection(ky.get('https://api.example.com/', options as Options));
    expect(theirs).toBeInstanceOf(RangeError);
    const { api } = scripted([]);
    expect(await rejection(api.get('x', options as CallOptions))).toEqual(theirs);
    expect(await rejection(api.get('x', options as CallOptions).json())).toEqual(theirs);
  });

  test.for(ofCallAndClient)('refuse %j', async ([options, message, type = TypeError]) => {
    const { api, transport } = scripted([]);
    expect(() => api.extend(options as ClientOptions)).toThrow(message);
    for (const call of [
      () => api.get('x', options),
      () => api('x', options),
      () => api.post('x', options).json(),
      () => api.get('x', options).text(),
    ]) {
      const failure = await rejection((async () => call())());
      expect(failure).toBeInstanceOf(type);
      expect((failure as Error).message).toMatch(message);
    }
    expect(transport.requests).toHaveLength(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test.for(ofCallAndClient)('refuse %j in events() and lines(), at once', ([options, message, type = TypeError]) => {
    const { api, transport } = scripted([]);
    for (const name of ['events', 'lines'] as const) {
      const open = () => api[name]('x', options);
      expect(open).toThrow(type);
      expect(open).toThrow(message);
      expect(open).toThrow(new RegExp(`^${name}: `));
    }
    expect(transport.requests).toHaveLength(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test.for<[string, object]>([
    ['timeout: -1', { timeout: -1 }],
    ['totalTimeout: NaN', { totalTimeout: Number.NaN }],
    ['a contradiction', { timeout: 2, totalTimeout: 1 }],
    ['a policy', { policies: { 429: { limit: 1 } } }],
    ['retry.limit: -1', { retry: { limit: -1 } }],
    ['headers: 3', { headers: 3 }],
  ])('%s rejects the call, as in ky, and throws at construction', async ([, options]) => {
    const { api, transport } = scripted([]);
    expect(() => createResilientClient(options as ClientOptions)).toThrow(/^createResilientClient: /);
    const heard: unknown[] = [];
    await api.get('x', options).catch((error: unknown) => heard.push(error));
    await api
      .get('x', options)
      .json()
      .catch((error: unknown) => heard.push(error));
    expect(heard).toHaveLength(2);
    for (const error of heard) expect(String(error)).toMatch(/^(Type|Range)Error: (get|call): /);
    expect(transport.requests).toHaveLength(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test.for<[string, object, RegExp]>([
    ['methods', { methods: 'get' }, /retry\.methods must be a list such as .*got "get"/],
    ['statusCodes', { statusCodes: 403 }, /retry\.statusCodes must be a list such as .*got 403/],
    ['afterStatusCodes', replaceOption({ afterStatusCodes: '429' } as never), /retry\.afterStatusCodes must be a list/],
  ])('a call whose retry.%s is no list throws at once, as in ky', ([, retry, message]) => {
    const { api } = scripted([]);
    for (const call of [() => api.get('x', { retry } as CallOptions), () => api('x', { retry } as CallOptions)]) {
      expect(call).toThrow(message);
    }
    expect(() => api.extend({ retry } as ClientOptions)).toThrow(message);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test('a call refuses what calls share, and says what to do', () => {
    const { api } = scripted([]);
    for (const key of [
      'retryBudget',
      'auth',
      'authOrigins',
      'perCall',
      'perAttempt',
      'clock',
      'random',
      'coalesce',
      'statusPage',
    ]) {
      expect(() => api.get('x', { [key]: undefined })).toThrow(
        new TypeError(`get: ${key} is shared by all calls of a client; set it with extend({${key}}) instead`),
      );
    }
  });
});

describe('listeners', () => {
  test('must be functions, of a type that exists', () => {
    const { api } = scripted([]);
    expect(() => api.on('retry.scheduled', 5 as never)).toThrow(/on: listener must be a function.*got 5/);
    expect(() => api.on('retry.scheduled' as never, undefined as never)).toThrow(/must be a function.*got undefined/);
    expect(() => api.on('retry.sceduled' as never, (() => {}) as never)).toThrow(
      /^on: (?=.*retry\.sceduled).*retry\.scheduled/,
    );
  });
});

describe('policies, backoffs and credentials', () => {
  const bad: readonly [() => unknown, RegExp][] = [
    [() => retry({ limit: -1 }), /retry: limit must be an integer ≥ 0, got -1/],
    [() => retry({ limt: 3 } as never), /retry: unknown option "limt"; did you mean "limit"\?/],
    [() => retry({ backoff: 500 as never }), /retry: backoff must be a backoff such as exponentialBackoff/],
    [() => retry({ methods: 'all' as never }), /retry: methods must be 'replayable', 'any' or a list/],
    [() => exponentialBackoff({ initialMs: -1 }), /exponentialBackoff: initialMs must be .*got -1/],
    [() => exponentialBackoff({ factor: 0.5 }), /exponentialBackoff: factor must be .*got 0\.5/],
    [() => exponentialBackoff({ jitter: 'some' as never }), /exponentialBackoff: jitter must be .*got "some"/],
    [() => bearerToken({}), /bearerToken: needs a token or a refresh/],
    [() => bearerToken({ refresh: 'x' as never }), /bearerToken: refresh must be a function/],
    [
      () => bearerToken({ refreshs: () => 'x' } as never),
      /bearerToken: unknown option "refreshs"; did you mean "refresh"\?/,
    ],
    [() => bearerToken({ token: '' }), /bearerToken: token must/],
    [() => bearerToken({ token: 't', refreshTimeoutMs: 0 }), /bearerToken: refreshTimeoutMs must be .*got 0/],
    [
      () => bearerToken({ token: 't', account: '' }),
      /bearerToken: account must be a string, or a function that returns one, got ""/,
    ],
    [
      () => apiKey({ key: 'k', account: 5 as never }),
      /apiKey: account must be a string, or a function that returns one, got 5/,
    ],
    [() => apiKey({ key: '' }), /apiKey: key must be a string or a function/],
    [() => apiKey({ key: 'k', header: 'a b' }), /apiKey: header must be a header's name/],
    [() => apiKey({ key: 'k', environment: 'staging' }), /apiKey: environment must be one of test, production/],
  ];
  test.for(bad)('are checked where they are made: %s', ([make, message]) => {
    expect(make).toThrow(message);
  });
});

describe('explain()', () => {
  test('refuses a value that is not an outcome', () => {
    const { api } = scripted([]);
    expect(() => api.explain({})).toThrow(
      /explain: status must be a status from 200 to 599, unless error is given, got undefined/,
    );
    expect(() => api.explain({ status: 99 })).toThrow(/got 99/);
    expect(() => api.explain({ statuz: 500 } as never)).toThrow(
      /explain: unknown option "statuz"; did you mean "status"\?/,
    );
    expect(() => api.explain({ error: {} })).toThrow(/explain: error must be an error or its code/);
  });
});
