import { ManualClock } from '@holdfast/core/testing';
import { createResilientClient, HTTPError } from 'holdfast';
import { isHTTPError, isNetworkError, isTimeoutError, type Options, replaceOption } from 'ky';
import { describe, expect, test } from 'vitest';
import { inWords, outcome, sameAsKy, soon } from './support/parity.ts';

type Retry = NonNullable<Options['retry']>;

describe('how often', () => {
  sameAsKy(
    'is said by a Retry-After that can’t be read, too: a 413 with one is temporary',
    [{ status: 413, headers: { 'retry-after': 'soon' } }, 200],
    async ({ create, server, told }) => [await outcome(create({ retry: soon }).get(server.origin)), told().length],
    [{ status: 200, body: '' }, 2],
  );
  const cases: readonly [string, Retry, number, string, number][] = [
    ['a number', 0, 503, 'get', 1],
    ['the limit', { limit: 1, ...soon }, 503, 'get', 2],
    ['the limit of five', { limit: 5, ...soon }, 503, 'get', 6],
    ['the default limit', soon, 500, 'get', 3],
    ['the default statuses: 408', soon, 408, 'get', 3],
    ['the default statuses: 502', soon, 502, 'get', 3],
    ['the default statuses: not 400', soon, 400, 'get', 1],
    ['the default statuses: not 501', soon, 501, 'get', 1],
    ['the default statuses: 413 with timing alone', soon, 413, 'get', 1],
    ['the default methods: PUT', soon, 503, 'put', 3],
    ['the default methods: DELETE', soon, 503, 'delete', 3],
    ['the default methods: HEAD', soon, 503, 'head', 3],
    ['the default methods: QUERY', soon, 503, 'query', 3],
    ['the default methods: not POST', soon, 500, 'post', 1],
    ['the default methods: not PATCH', soon, 500, 'patch', 1],
    ['methods, which add', { methods: ['post'], ...soon }, 500, 'post', 3],
    ['methods, which leave others out', { methods: ['post'], ...soon }, 503, 'get', 1],
    ['methods in capitals', { methods: ['POST' as never], ...soon }, 500, 'post', 3],
    ['statusCodes, which add', { statusCodes: [418], ...soon }, 418, 'get', 3],
    ['statusCodes, which leave others out', { statusCodes: [418], ...soon }, 503, 'get', 1],
    ['no methods at all', { methods: [], ...soon }, 503, 'get', 1],
    ['fields that are undefined', { limit: undefined, methods: undefined, ...soon } as unknown as Retry, 503, 'get', 3],
  ];
  for (const [name, retry, status, method, requests] of cases) {
    sameAsKy(
      `is said by ${name}`,
      [status],
      async ({ create, server, told }) => {
        const result = await outcome(create({ retry })(server.origin, { method, throwHttpErrors: true }));
        return [result, told().length];
      },
      [{ http: status }, requests],
    );
  }

  const levels: readonly [string, Retry | undefined, Retry | undefined, Retry | undefined, number][] = [
    ['the limit of a number, kept under an object', 1, soon, undefined, 2],
    ['the call’s limit over the client’s', { limit: 4, ...soon }, undefined, { limit: 1 }, 2],
    ['a number over an object', { limit: 4, ...soon }, undefined, 0, 1],
    ['an object over a number', 0, { limit: 2 }, soon, 3],
    ['the lists of all levels together', { statusCodes: [418], ...soon }, { statusCodes: [503] }, undefined, 3],
    [
      'the list alone that replaces',
      { statusCodes: [503], limit: 9, ...soon },
      replaceOption({ limit: 1, statusCodes: [418] }),
      undefined,
      1,
    ],
    [
      'the defaults where all is replaced',
      { methods: ['post'], statusCodes: [418] },
      undefined,
      replaceOption(soon),
      3,
    ],
  ];
  for (const [name, client, extension, call, requests] of levels) {
    sameAsKy(
      `is, over client, extension and call, said by ${name}`,
      [503],
      async ({ create, server, told }) => {
        const options = (retry: Retry | undefined) => (retry === undefined ? {} : { retry });
        await outcome(create(options(client)).extend(options(extension)).get(server.origin, options(call)));
        return told().length;
      },
      requests,
    );
  }

  sameAsKy(
    'is the same for what was lost on the way, but not for a bug in fetch',
    [200],
    async ({ create }) => {
      let calls = 0;
      const failing = (message: string) => async () => {
        calls++;
        throw new TypeError(message);
      };
      const api = create({ retry: soon });
      const get = async (message: string) => {
        calls = 0;
        return [await outcome(api.get('https://api.example.com/', { fetch: failing(message) })), calls];
      };
      return [await get('fetch failed'), await get('Failed to fetch'), await get('x is not a function')];
    },
    [
      ['network', 3],
      ['network', 3],
      [{ name: 'TypeError', message: 'x is not a function' }, 1],
    ],
  );

  sameAsKy(
    'is the same for a Request that the caller made',
    [503],
    async ({ create, server, told }) => {
      const api = create({ retry: { ...soon, methods: ['put', 'post'] } });
      await outcome(api(new Request(server.origin, { method: 'PUT', body: 'put' })));
      await outcome(api(new Request(server.origin, { method: 'POST', body: 'post' })));
      return told().map(({ body }) => body);
    },
    ['put', 'put', 'put', 'post', 'post', 'post'],
  );
});

describe('shouldRetry', () => {
  sameAsKy(
    'is asked about each failure that could be retried, and its answer counts',
    [503, 418, 500, 400],
    async ({ create, server, told }) => {
      const seen: unknown[] = [];
      const shouldRetry: Exclude<Retry, number>['shouldRetry'] = async ({ error, retryCount }) => {
        seen.push([
          inWords(error),
          retryCount,
          isHTTPError(error) && error.request.method,
          isHTTPError(error) && error.options.retry.limit,
        ]);
        if (isHTTPError(error) && error.response.status === 418) return true;
        return undefined as never;
      };
      const result = await outcome(create({ retry: { limit: 3, shouldRetry, ...soon } }).get(server.origin));
      return [result, seen, told().length];
    },
    [
      { http: 400 },
      [
        [{ http: 503 }, 1, 'GET', 3],
        [{ http: 418 }, 2, 'GET', 3],
        [{ http: 500 }, 3, 'GET', 3],
      ],
      4,
    ],
  );

  const answers: readonly [string, unknown, number, number][] = [
    ['true retries what is not retried', true, 404, 3],
    ['false ends what is retried', false, 503, 1],
    ['neither leaves it as it is: a retry', 'yes', 503, 3],
    ['neither leaves it as it is: none', 1, 404, 1],
  ];
  for (const [name, answer, status, requests] of answers) {
    sameAsKy(
      name,
      [status],
      async ({ create, server, told }) => {
        await outcome(create({ retry: { shouldRetry: () => answer as boolean, ...soon } }).get(server.origin));
        return told().length;
      },
      requests,
    );
  }

  sameAsKy(
    'can’t have a method sent again that is not among those to retry, and is not asked',
    [500],
    async ({ create, server, told }) => {
      let asked = 0;
      const shouldRetry = () => {
        asked++;
        return true;
      };
      await outcome(create({ retry: { shouldRetry, ...soon } }).post(server.origin, { json: 1 }));
      const before = [asked, told().length];
      await outcome(create({ retry: { shouldRetry, methods: ['post'], limit: 1, ...soon } }).post(server.origin));
      return [before, asked, told().length];
    },
    [[0, 1], 1, 3],
  );

  sameAsKy(
    'sees ky’s errors, and may throw: that is what the user gets',
    [200],
    async ({ create }) => {
      const seen: unknown[] = [];
      const shouldRetry = ({ error }: { error: Error }) => {
        seen.push(isNetworkError(error), isTimeoutError(error));
        throw new Error('of shouldRetry');
      };
      const refused = async () => {
        throw new TypeError('fetch failed');
      };
      const hang = () => new Promise<Response>(() => undefined);
      const api = create({ retry: { shouldRetry }, timeout: 2 });
      return [
        await outcome(api.get('https://api.example.com/', { fetch: refused })),
        await outcome(api.get('https://api.example.com/', { fetch: hang })),
        seen,
      ];
    },
    [
      { name: 'Error', message: 'of shouldRetry' },
      { name: 'Error', message: 'of shouldRetry' },
      [true, false, false, true],
    ],
  );
});

describe('how long', () => {
  const waits = async (
    retry: Retry,
    headers: Record<string, string> = {},
    status = 503,
  ): Promise<readonly number[]> => {
    const clock = new ManualClock();
    const times: number[] = [];
    const fetch = async () => {
      times.push(clock.now());
      return new Response('', { status, headers });
    };
    const api = createResilientClient({
      fetch,
      clock,
      random: () => 0.5,
      retry,
      retryBudget: false,
      totalTimeout: false,
    });
    const error = await clock.run(api.get('https://api.example.com/').catch((thrown: unknown) => thrown));
    expect((error as { cause: unknown }).cause).toBeInstanceOf(HTTPError);
    return times.slice(1).map((time, index) => time - (times[index] as number));
  };

  const cases: readonly [string, Retry, readonly number[]][] = [
    ['a delay is exact', { delay: (count) => count * 100 }, [100, 200]],
    ['a delay is exact with jitter: false', { delay: () => 100, jitter: false as never }, [100, 100]],
    ['jitter: true takes a part of it', { delay: (count) => count * 100, jitter: true }, [50, 100]],
    ['a jitter of one’s own gets it', { delay: () => 100, jitter: (delay) => delay + 7 }, [107, 107]],
    ['a jitter that gives nonsense is passed over', { delay: () => 100, jitter: () => Number.NaN }, [100, 100]],
    ['a jitter that gives less than nothing is passed over', { delay: () => 100, jitter: () => -5 }, [100, 100]],
    ['backoffLimit bounds it', { delay: (count) => count * 100, backoffLimit: 150 }, [100, 150]],
    [
      'backoffLimit bounds what the jitter gives',
      { delay: () => 100, jitter: () => 900, backoffLimit: 150 },
      [150, 150],
    ],
    ['jitter alone spreads the waits that ky has', { jitter: (delay) => delay }, [300, 600]],
    ['a delay of nothing is none', { delay: () => 0 }, [0, 0]],
  ];
  for (const [name, retry, expected] of cases) {
    test(name, async () => {
      expect(await waits(retry)).toEqual(expected);
    });
  }

  test('Retry-After counts for afterStatusCodes alone', async () => {
    const header = { 'retry-after': '2' };
    expect(await waits({ delay: () => 5 }, header)).toEqual([2000, 2000]);
    expect(await waits({ delay: () => 5, afterStatusCodes: [429] }, header)).toEqual([5, 5]);
    expect(await waits({ delay: () => 5, afterStatusCodes: [429] }, header, 429)).toEqual([2000, 2000]);
    expect(await waits({ delay: () => 5 }, { 'retry-after': 'soon' })).toEqual([5, 5]);
  });

  test('what a hook asks for is exact, and waits without one are ky’s own', async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const fetch = async () => {
      times.push(clock.now());
      return new Response();
    };
    const { ky } = await import('holdfast');
    const afterResponse = [({ retryCount }: { retryCount: number }) => ky.retry(retryCount === 0 ? { delay: 77 } : {})];
    const api = createResilientClient({ fetch, clock, retry: { delay: () => 5 }, hooks: { afterResponse } });
    await clock.run(api.get('https://api.example.com/').catch(() => undefined));
    expect(times).toEqual([0, 77, 82]);
  });
});

describe('retryCount', () => {
  sameAsKy(
    'is the same in each hook, attempt by attempt',
    [503, 500, 404],
    async ({ create, server }) => {
      const seen: unknown[] = [];
      const hooks: Options['hooks'] = {
        beforeRequest: [({ retryCount }) => void seen.push(['beforeRequest', retryCount])],
        afterResponse: [({ retryCount }) => void seen.push(['afterResponse', retryCount])],
        beforeRetry: [({ retryCount }) => void seen.push(['beforeRetry', retryCount])],
        beforeError: [
          ({ error, retryCount }) => {
            seen.push(['beforeError', retryCount]);
            return error;
          },
        ],
      };
      const shouldRetry = ({ retryCount }: { retryCount: number }): undefined =>
        void seen.push(['shouldRetry', retryCount]);
      await outcome(
        create({ hooks, retry: { shouldRetry: shouldRetry as never, limit: 5, ...soon } }).get(server.origin),
      );
      return seen;
    },
    [
      ['beforeRequest', 0],
      ['afterResponse', 0],
      ['shouldRetry', 1],
      ['beforeRetry', 1],
      ['afterResponse', 1],
      ['shouldRetry', 2],
      ['beforeRetry', 2],
      ['afterResponse', 2],
      ['shouldRetry', 3],
      ['beforeError', 2],
    ],
  );
});
