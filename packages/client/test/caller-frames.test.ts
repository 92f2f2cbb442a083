import { inspect } from 'node:util';
import {
  attemptTimeout,
  callContext,
  compose,
  deadline,
  fetchTransport,
  retryRing,
  type Strategy,
} from '@holdfast/core';
import { ManualClock } from '@holdfast/core/testing';
import {
  bearerToken,
  type ClientOptions,
  createResilientClient,
  isResilienceError,
  type ResilienceError,
  type ResilientClient,
  resilienceErrorOf,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl } from './support/scripted.ts';
import { serve } from './support/server.ts';

type Call = (api: ResilientClient) => Promise<unknown>;

/**
 * Each face of a client, called by a named function that a stack can show. The function returns the promise without
 * awaiting it.
 */
const faces: readonly (readonly [name: string, placeOrder: Call])[] = [
  [
    'the client itself',
    function placeOrder(api) {
      return api('a/1');
    },
  ],
  [
    'get()',
    function placeOrder(api) {
      return api.get('a/1');
    },
  ],
  [
    'get() with options',
    function placeOrder(api) {
      return api.get('a/1', { headers: { a: 'b' } });
    },
  ],
  [
    'post().json()',
    function placeOrder(api) {
      return api.post('a/1', { json: {} }).json();
    },
  ],
  [
    'fetch',
    function placeOrder(api) {
      return api.fetch(`${baseUrl}a/1`);
    },
  ],
  [
    'events()',
    function placeOrder(api) {
      return api.events('a/1').next();
    },
  ],
  [
    'lines()',
    function placeOrder(api) {
      return api.lines('a/1').next();
    },
  ],
  [
    'a client that was extended',
    function placeOrder(api) {
      return api.extend({}).get('a/1').text();
    },
  ],
];

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: Error) => error,
  );
}

/** The frames of a stack, without those of Node and of the test runner. */
function framesOf({ stack = '' }: Error): readonly string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line));
}

const refused = (): never => {
  throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });
};

describe('the stack of an error names the line that made the call', () => {
  test.each(faces)('%s', async (_, placeOrder) => {
    const api = createResilientClient({ baseUrl, retry: 0, fetch: refused });
    const error = await failureOf(placeOrder(api));
    expect(isResilienceError(error)).toBe(true);
    expect(error.stack).toContain(error.message);
    expect(error.stack?.indexOf(error.message)).toBeLessThan(20 + error.name.length);
    expect(framesOf(error)[0]).toMatch(/placeOrder.*caller-frames\.test\.ts/);
    expect(framesOf(resilienceErrorOf(error) as Error)[0]).toMatch(/placeOrder.*caller-frames\.test\.ts/);
  });

  const kinds: readonly (readonly [string, ClientOptions, (clock: ManualClock) => Promise<void>])[] = [
    [
      'an attempt that times out',
      { timeout: 100, retry: 0, fetch: () => new Promise(() => {}) },
      (clock) => clock.advance(100),
    ],
    [
      'a deadline',
      { totalTimeout: 100, timeout: 100, retry: 0, fetch: () => new Promise(() => {}) },
      (clock) => clock.advance(100),
    ],
    [
      'a queue that is full',
      { rateLimit: { requests: 1, perMs: 1000, maxQueue: 0 }, fetch: async () => new Response() },
      async () => {},
    ],
    [
      'a queue that takes too long',
      { rateLimit: { requests: 1, perMs: 1000, maxQueueMs: 100 }, fetch: async () => new Response() },
      (clock) => clock.advance(100),
    ],
    [
      'a refresh that fails',
      { auth: bearerToken({ refresh: async () => Promise.reject(new Error('down')) }) },
      async () => {},
    ],
    ['an error status', { retry: 0, fetch: async () => new Response('', { status: 500 }) }, async () => {}],
    [
      'an open circuit',
      { circuitBreaker: { minimumCalls: 1 }, retry: 0, fetch: async () => new Response('', { status: 503 }) },
      async () => {},
    ],
    ['a body that is no JSON', { fetch: async () => new Response('<html>') }, async () => {}],
    ['a client that is closed', {}, async () => {}],
  ];

  test.each(kinds)('%s', async (kind, options, then) => {
    const clock = new ManualClock();
    const api = createResilientClient({ baseUrl, clock, ...options });
    if (/queue|circuit/.test(kind)) await api.get('x').catch(() => undefined);
    if (/closed/.test(kind)) await api.close();
    const failure = failureOf(
      (function placeOrder() {
        return api.get('a/1').json();
      })(),
    );
    await then(clock);
    const error = await failure;
    expect(isResilienceError(error)).toBe(true);
    expect(framesOf(error)[0]).toMatch(/placeOrder.*caller-frames\.test\.ts/);
    expect(framesOf(error).join('\n')).not.toMatch(/packages\/[\w-]+\/src\//);
  });

  test('through several levels of await', async () => {
    const api = createResilientClient({ baseUrl, retry: 0, fetch: refused });
    const inner = async (): Promise<unknown> => {
      await Promise.resolve();
      return api.get('a').json();
    };
    const middle = async (): Promise<unknown> => [await inner()];
    const outer = async (): Promise<unknown> => [await middle()];
    const error = await failureOf(outer());
    expect(framesOf(error)[0]).toContain('inner');
    expect(framesOf(error)[1]).toContain('middle');
    expect(framesOf(error)[2]).toContain('outer');
  });

  test('after retries, and for each of the calls that share a request', async () => {
    const clock = new ManualClock();
    const api = createResilientClient({ baseUrl, clock, coalesce: { partition: () => '' }, fetch: refused });
    const first = failureOf(
      (function one() {
        return api.get('a').json();
      })(),
    );
    const second = failureOf(
      (function two() {
        return api.get('a').json();
      })(),
    );
    await clock.advance(20_000);
    expect(framesOf(await first)[0]).toContain('one');
    expect(framesOf(await second)[0]).toContain('two');
    expect(((await first) as ResilienceError).attempts).toHaveLength(3);
  });

  test('a body that breaks while it is read by hand names the line that reads it', async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 20);
    });
    const { fetch } = createResilientClient();
    const readOrder = async (): Promise<unknown> => {
      const response = await fetch(origin);
      return await response.text();
    };
    const streamOrder = async (): Promise<unknown> => {
      const reader = (await fetch(origin)).body?.getReader();
      for (;;) await reader?.read();
    };
    expect(framesOf(await failureOf(readOrder()))[0]).toContain('readOrder');
    expect(framesOf(await failureOf(streamOrder()))[0]).toContain('streamOrder');
  });

  test.each([
    ['a timeout', { timeout: 50, retry: 0 }],
    ['a deadline', { timeout: false, totalTimeout: 50 }],
    ['a client that is closed', { timeout: false }],
  ] as const)(
    '%s on the platform’s own fetch, which puts its frames on what it rejects with',
    async (kind, options) => {
      let arrived = (): void => {};
      const asked = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const { origin } = await serve(() => arrived());
      const api = createResilientClient({ baseUrl: origin, ...options });
      const failures = [
        failureOf(
          (function placeOrder() {
            return api.post('a', { json: {} }).json();
          })(),
        ),
        failureOf(
          (function placeOrder() {
            return api.fetch(origin);
          })(),
        ),
      ];
      if (/closed/.test(kind)) {
        await asked;
        await api.close();
      }
      for (const error of await Promise.all(failures)) {
        expect(framesOf(error)[0]).toMatch(/placeOrder/);
        expect(framesOf(resilienceErrorOf(error) as Error)[0]).toMatch(/placeOrder/);
      }
    },
  );

  test.each<[string, Parameters<typeof callContext>[1], readonly Strategy[]]>([
    ['attemptTimeout()', { timeout: 50 }, [attemptTimeout()]],
    ['deadline()', { timeout: false, totalTimeout: 50 }, [deadline()]],
    ['all rings', { timeout: 50 }, [deadline(), retryRing(), attemptTimeout()]],
  ])('a pipeline without a client: %s around the platform’s own fetch', async (_, options, rings) => {
    const { origin } = await serve(() => undefined);
    const send = compose(rings, fetchTransport());
    const readOrder = (): Promise<unknown> => {
      const request = new Request(`${origin}/a`, { method: 'POST' });
      return send(request, callContext(request, options));
    };
    let atOnce: string | undefined;
    const failed = readOrder();
    failed.catch((thrown: Error) => {
      atOnce = framesOf(thrown)[0];
    });
    const error = await failureOf(failed);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([atOnce, framesOf(error)[0]]).toEqual([
      expect.stringContaining('readOrder'),
      expect.stringContaining('readOrder'),
    ]);
  });

  test('what is printed begins with the message, then shows the timeline, and ends with the frames', async () => {
    const api = createResilientClient({ baseUrl, retry: 0, fetch: refused });
    const error = await failureOf(
      (function placeOrder() {
        return api.get('a');
      })(),
    );
    const lines = inspect(error).split('\n');
    expect(lines[0]).toMatch(/^NetworkError \[NETWORK\]: Request failed due to a network error: GET /);
    expect(lines[1]).toMatch(/attempt 1/);
    expect(lines.findIndex((line) => line.includes('placeOrder'))).toBeGreaterThan(1);
  });
});

describe('stacks stay an ordinary matter', () => {
  const fail = (): Promise<Error> =>
    failureOf(createResilientClient({ baseUrl, retry: 0, fetch: refused }).get('a').json());

  test('the stack can be written, and is not enumerable', async () => {
    const error = await fail();
    expect(Object.keys(error)).not.toContain('stack');
    error.stack = 'mine';
    expect(error.stack).toBe('mine');
    expect(Object.getOwnPropertyDescriptor(error, 'stack')).toMatchObject({ configurable: true, enumerable: false });
  });

  test('the limit of the user is left as it is, and 0 captures nothing', async () => {
    const before = Error.stackTraceLimit;
    try {
      Error.stackTraceLimit = 50;
      await fail();
      expect(Error.stackTraceLimit).toBe(50);
      Error.stackTraceLimit = 0;
      const { stack, message } = await fail();
      expect(stack).toBe(`NetworkError: ${message}`);
    } finally {
      Error.stackTraceLimit = before;
    }
  });

  test('an engine that cannot leave frames out keeps its own stack', async () => {
    const { captureStackTrace } = Error;
    try {
      Error.captureStackTrace = undefined as never;
      const error = await fail();
      expect(error.stack).toContain(error.message);
    } finally {
      Error.captureStackTrace = captureStackTrace;
    }
  });

  test('a function of the user that formats stacks may give anything', async () => {
    const { prepareStackTrace } = Error;
    const error = await fail();
    try {
      Error.prepareStackTrace = (_error, sites) => sites;
      expect(error.stack).toBe(`NetworkError: ${error.message}`);
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  });
});

test('a stack can be read from an error that was frozen or sealed', async () => {
  for (const close of [Object.freeze, Object.seal]) {
    const api = createResilientClient({ fetch: () => Promise.reject(new TypeError('fetch failed')), retry: 0 });
    const error = close(await api.get('https://api.example.com/').catch((thrown: unknown) => thrown)) as Error;
    expect(error.stack).toContain('caller-frames.test.ts');
    expect(inspect(error)).toContain('api.example.com');
  }
});

test.each<[string, () => unknown]>([
  ['gives no text', () => []],
  [
    'throws',
    () => {
      throw new Error('boom');
    },
  ],
])('where the user’s Error.prepareStackTrace %s, an error status is an ApiError all the same', async (_, prepare) => {
  const { prepareStackTrace } = Error;
  const api = createResilientClient({ fetch: async () => new Response('{}', { status: 404 }) });
  let error: unknown;
  try {
    Error.prepareStackTrace = prepare;
    error = await api.get('https://api.example.com/').catch((thrown: unknown) => thrown);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  expect(error).toMatchObject({ code: 'API_ERROR', status: 404 });
});
