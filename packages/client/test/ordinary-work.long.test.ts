import { type ClientOptions, createResilientClient, isResilienceError, type ResilientClient } from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serve } from './support/server.ts';

/** The server's answer to a request. */
type Deed = number | 'reset' | 'hang' | { readonly status: number; readonly headers: Record<string, string> };

interface Work {
  readonly calls: number;
  /** How many calls run at once. Each worker takes the next call when it has finished the last one. */
  readonly atOnce?: number;
  readonly options?: ClientOptions;
  /**
   * @param asked How often this URL was requested. @param sinceMs Milliseconds since the first request. @param index The
   * number of the call.
   */
  readonly deed: (asked: number, sinceMs: number, index: number) => Deed;
  readonly send?: (api: ResilientClient, url: string) => PromiseLike<Response>;
  readonly clients?: number;
}

interface Done {
  readonly statuses: number[];
  readonly requests: number;
}

/** Real servers and real time. Only counts are asserted, so that a slow machine changes nothing. */
async function doWork(work: Work): Promise<Done> {
  const { calls, atOnce = calls, options = {}, deed, send = (api, url) => api.get(url), clients = 1 } = work;
  const asked = new Map<string, number>();
  let firstAt: number | undefined;
  const server = await serve(({ path }, response) => {
    const now = performance.now();
    firstAt ??= now;
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const done = deed(asked.get(path) ?? 1, now - firstAt, Number(path.slice(1)));
    if (done === 'hang') return;
    if (done === 'reset') response.req.socket.resetAndDestroy();
    else if (typeof done === 'number') response.writeHead(done).end();
    else response.writeHead(done.status, done.headers).end();
  });
  const apis = Array.from({ length: clients }, () => createResilientClient(options));
  onTestFinished(async () => {
    for (const api of apis) await api.close();
  });
  const statuses: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < calls) {
      const index = next++;
      const api = apis[index % clients] as ResilientClient;
      statuses[index] = await statusOf(send(api, `${server.origin}/${index}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { statuses, requests: server.requests.length };
}

async function statusOf(sent: PromiseLike<Response>): Promise<number> {
  try {
    const response = await sent;
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    if (!isResilienceError(error)) throw error;
    return 'status' in error ? (error.status as number) : 0;
  }
}

const failing =
  (times: number, deed: Deed = 503): Work['deed'] =>
  (asked) =>
    asked <= times ? deed : 200;
const resettingFirst = (connections: number): Work['deed'] => {
  let left = connections;
  return () => (left-- > 0 ? 'reset' : 200);
};
const interrupted =
  (ms: number, deed: Deed = 503): Work['deed'] =>
  (_asked, sinceMs) =>
    sinceMs < ms ? deed : 200;

const settings: readonly (readonly [string, ClientOptions])[] = [
  ['with all defaults', {}],
  ['with `retry: 5`', { retry: 5 }],
  ['with `retryBudget: false`', { retryBudget: false }],
];

describe.each(settings)('ordinary work %s', (_title, options) => {
  test.each([3, 10, 19, 50, 120])('answers all of %i calls at once that fail once', async (calls) => {
    const { statuses, requests } = await doWork({ calls, options, deed: failing(1) });
    expect(statuses).toEqual(Array(calls).fill(200));
    expect(requests).toBe(2 * calls);
  });

  test.each<[string, Work]>([
    ['a hundred items, ten at a time', { calls: 100, atOnce: 10, deed: failing(1) }],
    ['forty calls that are reset once', { calls: 40, deed: failing(1, 'reset') }],
    ['fifty calls that fail twice', { calls: 50, deed: failing(2) }],
    ['twenty calls whose first attempt hangs', { calls: 20, deed: failing(1, 'hang'), options: { timeout: 4_000 } }],
    ['one call through an interruption of half a second', { calls: 1, deed: interrupted(500) }],
    ['three calls through it', { calls: 3, deed: interrupted(500) }],
    ['sixty calls through it', { calls: 60, deed: interrupted(500) }],
    ['sixty calls whose connections are reset for half a second', { calls: 60, deed: interrupted(500, 'reset') }],
    ['fifty calls whose first fifteen connections are reset', { calls: 50, deed: resettingFirst(15) }],
    ['ten calls whose first fifteen connections are reset', { calls: 10, deed: resettingFirst(15) }],
    ['a hundred items, ten at a time, whose first fifteen', { calls: 100, atOnce: 10, deed: resettingFirst(15) }],
    ['two hundred items, ten at a time, through it', { calls: 200, atOnce: 10, deed: interrupted(500) }],
    ['two hundred calls, one by one, of which each third fails once', thirds(200)],
    ['fifty calls of two clients', { calls: 50, clients: 2, deed: failing(1) }],
    ['ten calls that meet an unknown 5xx', { calls: 10, deed: (asked, _ms, index) => (asked > 1 ? 200 : 516 + index) }],
    [
      'a mixture of failures',
      {
        calls: 60,
        deed: (asked, _ms, index) => (asked > 1 ? 200 : ([500, 502, 429, 'reset', 408][index % 5] as Deed)),
      },
    ],
  ])('answers all of %s', async (_name, work) => {
    const { statuses } = await doWork({ ...work, options: { ...options, ...work.options } });
    expect(statuses).toEqual(Array(work.calls).fill(200));
  });
});

/** One call after the other, and every third one fails once. */
function thirds(calls: number): Work {
  return { calls, atOnce: 1, deed: (asked, _ms, index) => (asked === 1 && index % 3 === 0 ? 503 : 200) };
}

describe('with all defaults', () => {
  test('twelve calls with `retry: 5` and four failures each are answered', async () => {
    const { statuses } = await doWork({ calls: 12, options: { retry: 5 }, deed: failing(4) });
    expect(statuses).toEqual(Array(12).fill(200));
  });

  test('POSTs with an idempotency key are answered', async () => {
    const send: Work['send'] = (api, url) => api.post(url, { json: { quantity: 1 } });
    const options = { idempotencyKeys: true };
    const { statuses } = await doWork({ calls: 30, options, send, deed: failing(1, 'reset') });
    expect(statuses).toEqual(Array(30).fill(200));
  });

  test("a fetch is answered, and the server's own word counts", async () => {
    const again = { status: 404, headers: { 'x-should-retry': 'true' } };
    const { statuses } = await doWork({
      calls: 30,
      send: (api, url) => api.fetch(url),
      deed: failing(1, again),
    });
    expect(statuses).toEqual(Array(30).fill(200));
  });

  test('all of a lookup that mostly finds nothing are answered', async () => {
    const { statuses, requests } = await doWork({
      calls: 500,
      atOnce: 20,
      deed: (asked, _ms, index) => (asked === 1 && index % 25 === 0 ? 500 : 404),
    });
    expect(statuses).toEqual(Array(500).fill(404));
    expect(requests).toBe(520);
  });

  test('calls one by one have their retries while the network resets connections', async () => {
    const { statuses } = await doWork({ calls: 30, atOnce: 1, deed: resettingFirst(15) });
    // Each of the first five has met three resets.
    expect(statuses.filter((status) => status === 200)).toHaveLength(25);
  });

  test.each([
    [10, 30],
    [20, 24],
    [60, 72],
  ])('%i calls whose connections are always reset send %i requests at most', async (calls, most) => {
    const { statuses, requests } = await doWork({ calls, deed: () => 'reset' });
    expect(statuses).toEqual(Array(calls).fill(0));
    expect(requests).toBeLessThanOrEqual(most);
  });

  test('an outage costs little more than one request for each call', async () => {
    const { statuses, requests } = await doWork({ calls: 60, deed: () => 503 });
    expect(statuses).toEqual(Array(60).fill(503));
    expect(requests).toBeLessThanOrEqual(72);
  });
});
