import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ClientOptions, createResilientClient } from '../src/index.ts';

/** The requests that reached the server, and its answer. */
let reached: Request[] = [];
let statuses: number[] = [];

/** Next.js's fetch within one render: it merges Request and init, and answers equal GETs with the first answer. */
function nextFetch(): typeof fetch {
  const memo = new Map<string, Promise<Response>>();
  const patched = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const send = async (): Promise<Response> => {
      reached.push(request);
      return Response.json({ id: 42 }, { status: statuses.shift() ?? 200 });
    };
    const { method, keepalive, headers, url } = request;
    if ((method !== 'GET' && method !== 'HEAD') || keepalive) return send();
    const key = JSON.stringify([method, url, [...headers]]);
    const answer = memo.get(key) ?? send();
    memo.set(key, answer);
    return (await answer).clone();
  };
  return Object.assign(patched, { __nextPatched: true });
}

const options = { retry: { delay: () => 1 }, retryBudget: false } as const;

beforeEach(() => {
  reached = [];
  vi.stubGlobal('fetch', nextFetch());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test.each<[string, ClientOptions]>([
  ['the platform’s fetch', {}],
  ['a fetch of one’s own', { fetch: (input, init) => globalThis.fetch(input, init) }],
])('a retry reaches the server although equal GETs are memoised: %s', async (_, own) => {
  statuses = [503, 503, 200];
  const api = createResilientClient({ ...options, ...own });

  expect(await api.get('https://api.test/orders').json()).toEqual({ id: 42 });
  expect(reached).toHaveLength(3);
});

test('first attempts are memoised as they are without Holdfast', async () => {
  statuses = [200];
  const api = createResilientClient(options);
  const url = 'https://api.test/orders';

  expect(await Promise.all([api.get(url).json(), api.get(url).json()])).toEqual([{ id: 42 }, { id: 42 }]);
  expect(reached).toHaveLength(1);
  expect(reached[0]?.keepalive).toBe(false);
});

test('elsewhere a retry is sent as the first attempt was', async () => {
  const sent: Request[] = [];
  vi.stubGlobal('fetch', async (input: Request) => {
    sent.push(input);
    return new Response('{}', { status: sent.length === 1 ? 503 : 200 });
  });

  await createResilientClient(options).get('https://api.test/orders').json();
  expect(sent.map(({ keepalive }) => keepalive)).toEqual([false, false]);
});
