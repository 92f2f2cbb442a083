// An orders API on a bad day, and one client that completes its work all the same.

import {
  accept,
  bearerToken,
  type CallOptions,
  createResilientClient,
  exponentialBackoff,
  retry,
  type Token,
} from 'holdfast';
import { type Order, startOrdersApi, yesterdaysToken } from './orders-api.ts';
import { paint } from './paint.ts';
import { printSummary, type SummaryRow } from './summary.ts';
import { printTimeline } from './timeline.ts';

const startedAt = Date.now();
const server = await startOrdersApi();

const api = createResilientClient({
  baseUrl: `${server.url}/v1/`,
  auth: bearerToken({ token: yesterdaysToken, refresh: ({ signal }) => newToken(signal) }),
  policies: {
    404: accept(),
    429: retry({ limit: 5 }),
    '5xx': retry({ limit: 3, backoff: exponentialBackoff({ initialMs: 300, jitter: 'equal' }) }),
  },
  idempotencyKeys: true,
  // By default, retries are a tenth of the traffic, so that they never keep a server down. In this example nearly every
  // call needs a retry, within seconds, which takes a larger budget than a real service should need.
  retryBudget: { ratio: 0.1, minPerSecond: 20 },
});

async function newToken(signal: AbortSignal): Promise<Token> {
  const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', signal });
  const { access_token, expires_in } = (await response.json()) as { access_token: string; expires_in: number };
  return { token: access_token, expiresAt: Date.now() + expires_in * 1000 };
}

/** A call, and how it must end. */
interface PlannedCall {
  readonly name: string;
  /** Sends the call, and describes the answer in a few words. */
  send(): Promise<string>;
  /** The error that the call must end with. Without one, the call must be answered. */
  readonly fails?: string;
}

interface Scene {
  readonly title: string;
  /** These calls start at the same time. */
  readonly calls: readonly PlannedCall[];
  /** How many requests the server must see. */
  readonly requests: number;
}

const read = (id: number, options?: CallOptions): PlannedCall => ({
  name: `GET orders/${id}`,
  send: async () => describe(await api.get(`orders/${id}`, options).json<Order>()),
});

const report = (name: string): PlannedCall => ({
  name: `GET reports/${name}`,
  send: async () => {
    const { orders } = await api.get(`reports/${name}`).json<{ orders: number }>();
    return `${orders} orders`;
  },
});

const order = async (item: string, quantity: number): Promise<string> =>
  describe(await api.post('orders', { json: { item, quantity } }).json<Order>());

function describe({ id, item, quantity, status }: Order): string {
  return `order ${id}: ${quantity} × ${item}, ${status}`;
}

const story: readonly Scene[] = [
  {
    title: 'The token has expired: one refresh for three calls',
    calls: [read(1001), read(1002), read(1003)],
    requests: 6,
  },
  { title: 'A glitch: wait a little, and try again', calls: [read(1004)], requests: 2 },
  { title: 'A maintenance window: wait for as long as the server asks', calls: [read(1005)], requests: 2 },
  {
    title: 'A quota of two reports a second, and three are wanted at once',
    calls: [report('sales'), report('stock'), report('returns')],
    requests: 4,
  },
  {
    title: 'An answer that is slow in coming: the next attempt is quick',
    calls: [read(1006, { timeout: 800 })],
    requests: 2,
  },
  { title: 'A connection that is reset', calls: [read(1007)], requests: 2 },
  {
    title: 'An order whose answer got lost: sent twice with one idempotency key, made once',
    calls: [{ name: 'POST orders', send: () => order('kettle', 2) }],
    requests: 2,
  },
  {
    title: 'Down without an announced end: the fallback answers',
    calls: [
      {
        name: 'GET suggestions',
        send: async () => {
          const policies = { 503: retry({ limit: 2, fallback: { items: ['tent', 'rope'] } }) };
          const { items } = await api.get('suggestions', { policies }).json<{ items: string[] }>();
          return `suggestions: ${items.join(', ')}`;
        },
      },
    ],
    requests: 3,
  },
  {
    title: 'An order that is not there: with accept() an answer like any other',
    calls: [
      {
        name: 'GET orders/9999',
        send: async () => ((await api.get('orders/9999')).status === 404 ? 'no such order' : 'an unexpected order'),
      },
    ],
    requests: 1,
  },
  {
    title: 'An order against the rules: no second attempt can mend it, but the error says what is wrong',
    calls: [{ name: 'POST orders', send: () => order('lantern', 0), fails: 'UnprocessableEntityError' }],
    requests: 1,
  },
  {
    title: 'A field that is missing',
    calls: [
      {
        name: 'PATCH orders/1001',
        send: () => api.patch('orders/1001', { json: { amount: 3 } }).text(),
        fails: 'BadRequestError',
      },
    ],
    requests: 1,
  },
  {
    title: 'A token that may not do this: no refresh is wasted on it',
    calls: [
      { name: 'DELETE orders/1001', send: () => api.delete('orders/1001').text(), fails: 'PermissionDeniedError' },
    ],
    requests: 1,
  },
  {
    title: 'A body that breaks off in the middle: an error, and not half a file',
    calls: [
      { name: 'GET exports/orders.csv', send: () => api.get('exports/orders.csv').text(), fails: 'NetworkError' },
    ],
    requests: 1,
  },
  {
    title: 'Two minutes of maintenance: longer than the client may wait, so it fails at once',
    calls: [{ name: 'GET invoices/7', send: () => api.get('invoices/7').text(), fails: 'ServiceUnavailableError' }],
    requests: 1,
  },
  {
    title: 'And no other call is sent in these two minutes: one answer paused them all',
    calls: [{ name: 'GET orders/1008', send: () => api.get('orders/1008').text(), fails: 'QueueRejectedError' }],
    requests: 0,
  },
];

console.log(`\n ${paint('bold', 'Holdfast')}: an orders API on its worst day, at ${server.url}`);

const timeline = printTimeline(api, startedAt);
const rows: SummaryRow[] = [];
const surprises: string[] = [];

async function play({ title, calls, requests }: Scene): Promise<void> {
  timeline.scene(title);
  const firstRequest = server.requests.length;
  const firstCall = timeline.calls.length;
  const ends = await Promise.all(calls.map(end));
  const seen = server.requests.slice(firstRequest);
  for (const [index, { name, fails = 'answered' }] of calls.entries()) {
    const ended = ends[index] ?? '';
    const attempts = seen.filter((one) => one === name).length;
    const record = timeline.calls.slice(firstCall).find((one) => one.name === name);
    const { retries = 0, refreshes = 0, durationMs = 0 } = record ?? {};
    rows.push({ name, ended, asPlanned: ended === fails, attempts, retries, refreshes, durationMs });
    if (ended !== fails) surprises.push(`${name} should have ended with: ${fails}; it ended with: ${ended}`);
  }
  if (seen.length !== requests) surprises.push(`${title}: ${requests} requests were due, ${seen.length} came`);
}

/** Makes a call, prints its end, and gives the call a name. */
async function end({ name, send }: PlannedCall): Promise<string> {
  try {
    timeline.answered(name, await send());
    return 'answered';
  } catch (error) {
    timeline.failed(name, error);
    return error instanceof Error ? error.name : String(error);
  }
}

/**
 * Calls that fail together show one thing about the server, so a few of them retry, and the others wait for the outcome.
 */
async function playInterruption(): Promise<void> {
  timeline.scene('Thirty calls at once through a short interruption, by a client with all defaults');
  const client = createResilientClient({ baseUrl: `${server.url}/v1/` });
  const firstRequest = server.requests.length;
  server.interrupt(400);
  const items = Array.from({ length: 30 }, (_, index) => client.get(`catalogue/${index + 1}`).json());
  const ends = await Promise.allSettled(items);
  await client.close();
  const answered = ends.filter(({ status }) => status === 'fulfilled').length;
  const requests = server.requests.length - firstRequest;
  timeline.answered('GET catalogue/1 to 30', `${answered} of 30 calls were answered, with ${requests} requests`);
  if (answered !== 30) surprises.push(`30 calls should have been answered through the interruption; ${answered} were`);
}

try {
  for (const scene of story) await play(scene);
  await playInterruption();
  if (server.tokensIssued !== 1) surprises.push(`1 token was due, ${server.tokensIssued} were issued`);
  if (server.ordersPlaced !== 1) surprises.push(`1 order was due, ${server.ordersPlaced} were placed`);
} finally {
  await api.close();
  await server.close();
}

printSummary(rows, Date.now() - startedAt);
if (surprises.length === 0) {
  console.log(
    `\n ${paint('green', 'All of it ended as it should:')} one token issued, one order placed, nothing left open.\n`,
  );
} else {
  process.exitCode = 1;
  for (const surprise of surprises) console.log(`\n ${paint('red', `Not as it should be: ${surprise}`)}`);
}
