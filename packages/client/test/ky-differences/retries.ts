import type { ApiError, ResilientClient } from 'holdfast';
import type { Options } from 'ky';
import { answering, at, type Create, type Difference, errorOf, outcomeOf, soon } from './difference.ts';

const withHeaders = (status: number, headers: Record<string, string>) => () => new Response('', { status, headers });

interface Failed {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly retry?: Options['retry'];
}

/** The wait after such an answer: Holdfast reports it; for ky it is the length of the timer, which does not run. */
async function waitAfter(create: Create, { status, headers = {}, retry }: Failed): Promise<number | undefined> {
  const { fetch } = answering(() => new Response('', { status, headers }), 200);
  const api = create({ fetch, ...(retry !== undefined && { retry }) });
  if ('explain' in api) return (api as unknown as ResilientClient).explain({ url: at, status, headers }).delayMs;
  const own = globalThis.setTimeout;
  const waits: number[] = [];
  globalThis.setTimeout = ((work: () => void, ms: number) => {
    // The limit of an attempt is longer than the wait.
    const isWait = ms < 9000;
    if (isWait) waits.push(ms);
    return own(work, isWait ? 0 : ms);
  }) as typeof setTimeout;
  try {
    await outcomeOf(api.get(at));
  } finally {
    globalThis.setTimeout = own;
  }
  return waits[0];
}

export const ofRetries: readonly Difference[] = [
  {
    what: 'the waits between attempts, without `delay`',
    ky: '300, 600, 1200 … ms',
    holdfast:
      'random, up to 250, 500, 1000 … ms, but the last retry 520 to 650 ms after the first failure at the earliest, or 905 to 920 ms and the time of an attempt where the server has never answered or others wait; after a 429 up to four times as long',
    why: 'clients that failed together must not return together',
    async scenario(create) {
      const wait = (await waitAfter(create, { status: 500 })) ?? Number.NaN;
      return wait === 300 ? wait : wait <= 250;
    },
    shows: { ky: 300, holdfast: true },
  },
  {
    what: 'a wait that the server asks for',
    ky: 'is exact',
    holdfast:
      'is longer by a random part: up to a tenth, at most half a second; up to 50 ms for `Retry-After: 0`; exact where `delay` is given',
    why: 'a server that names the same time to all clients must not get all of them at once',
    async scenario(create) {
      const wait = (await waitAfter(create, { status: 503, headers: { 'retry-after': '1' } })) ?? Number.NaN;
      return wait === 1000 ? 'exact' : wait > 1000 && wait <= 1100;
    },
    shows: { ky: 'exact', holdfast: true },
  },
  {
    what: 'a wait that is longer than `maxRetryAfter`',
    ky: 'is shortened, and the request sent too early; without the option there is no limit',
    holdfast: 'ends the call, with `error.retryAt`; without the option the limit is 60 s',
    why: 'never sooner than the server asks, and no call hangs',
    async scenario(create) {
      const { fetch, requests } = answering(withHeaders(429, { 'retry-after': '7' }));
      const error = await errorOf<ApiError>(create({ fetch, retry: { limit: 1, maxRetryAfter: 10 } }).get(at));
      return [requests.length, error.retryAt !== undefined];
    },
    shows: { ky: [2, false], holdfast: [1, true] },
  },
  {
    what: 'a wait given as a point in time (`X-RateLimit-Reset`)',
    ky: 'is counted from this machine’s clock',
    holdfast: 'is counted from the `Date` of the answer, where it has one',
    why: 'clocks differ',
    async scenario(create) {
      const now = Date.parse('2030-01-01T00:00:00Z');
      const headers = { date: new Date(now).toUTCString(), 'x-ratelimit-reset': `${now / 1000 + 2}` };
      return waitAfter(create, { status: 429, headers, retry: { limit: 1, delay: () => 5, maxRetryAfter: 4000 } });
    },
    shows: { ky: 4000, holdfast: 2000 },
  },
  {
    what: '`RateLimit-Reset` and similar headers',
    ky: 'a wait after 413, 429 and 503',
    holdfast: 'a wait after 429, and after 403 and 418 where nothing is left',
    why: 'a quota says nothing about a 503',
    async scenario(create) {
      return waitAfter(create, { status: 503, headers: { 'ratelimit-reset': '2' }, retry: { delay: () => 5 } });
    },
    shows: { ky: 2000, holdfast: 5 },
  },
  {
    what: 'a status, with `throwHttpErrors: false`',
    ky: 'is not retried',
    holdfast: 'is retried, and the last answer is yours',
    why: 'how an error is reported does not change what is retried',
    async scenario(create) {
      const { fetch, requests } = answering(503, 200);
      return [await outcomeOf(create({ fetch, throwHttpErrors: false, retry: soon }).get(at)), requests.length];
    },
    shows: { ky: [503, 1], holdfast: [200, 2] },
  },
  {
    what: 'a POST',
    ky: 'is not retried by default',
    holdfast: 'is retried where the server surely did nothing: a refused connection, 421, 429, 503 with a time',
    why: 'the request cannot take effect twice',
    async scenario(create) {
      const { fetch, requests } = answering(429, 200);
      return [await outcomeOf(create({ fetch, retry: soon }).post(at, { json: 1 })), requests.length];
    },
    shows: { ky: ['HTTPError', 1], holdfast: [200, 2] },
  },
  {
    what: 'the number of retries',
    ky: '`limit`',
    holdfast: '`limit`, within the [budget](policies.md#the-budget-and-its-price); `retryBudget: false`',
    why: 'an outage is not multiplied',
    async scenario(create) {
      const { fetch, requests } = answering(503);
      const api = create({ fetch, retry: { limit: 9, ...soon } });
      await Promise.allSettled(Array.from({ length: 20 }, () => api.get(at)));
      return requests.length < 50 ? 'bounded' : requests.length;
    },
    shows: { ky: 200, holdfast: 'bounded' },
  },
  {
    what: 'a request stream',
    ky: 'is copied for retries',
    holdfast: 'is sent once',
    why: 'a copy keeps the whole stream in memory',
    async scenario(create) {
      const { fetch, requests } = answering(503);
      await outcomeOf(create({ fetch, retry: { limit: 1, ...soon } }).put(at, { body: new Blob(['x']).stream() }));
      return requests.length;
    },
    shows: { ky: 2, holdfast: 1 },
  },
  {
    what: 'a name that is not an option',
    ky: 'goes to `fetch`; `prefixUrl` throws where a call is made',
    holdfast:
      'throws where it resembles an option of Holdfast, ky or another library: up to three edits, two in words of up to seven letters; a `prefixUrl` of a client throws where the client is made',
    why: 'it would be ignored silently',
    async scenario(create) {
      return outcomeOf((async () => create({ ...answering(200), retires: 3 } as object).get(at))());
    },
    shows: { ky: 200, holdfast: 'TypeError' },
  },
  {
    what: 'options as an instance of a class, or as a Proxy',
    ky: 'only own members count',
    holdfast: 'are read by name, with getters of the class',
    why: 'they would be ignored silently',
    async scenario(create) {
      class Options {
        get throwHttpErrors() {
          return false;
        }
      }
      return outcomeOf(create(answering(404)).get(at, new Options()));
    },
    shows: { ky: 'HTTPError', holdfast: 404 },
  },
];
