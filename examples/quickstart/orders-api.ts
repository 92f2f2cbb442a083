import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, failure, send, troubles } from './troubles.ts';

export interface Order {
  readonly id: number;
  readonly item: string;
  readonly quantity: number;
  readonly status: 'open' | 'paid' | 'shipped';
}

export interface OrdersApi {
  readonly url: string;
  /** Every request that reached the API, in order, such as `GET orders/1001`. */
  readonly requests: readonly string[];
  /** How many tokens the API has issued. */
  readonly tokensIssued: number;
  /** How many orders were placed. */
  readonly ordersPlaced: number;
  /** For this many milliseconds from now on, every request gets a 503. */
  interrupt(ms: number): void;
  close(): Promise<void>;
}

/** A token that has expired. */
export const yesterdaysToken = 'token-of-yesterday';

/** At most two reports per second are accepted. */
const quota = { requests: 2, windowMs: 1000 };

/** A real HTTP server on a free port of this machine: an API for orders, on a bad day. */
export async function startOrdersApi(): Promise<OrdersApi> {
  const requests: string[] = [];
  const orders = new Map<number, Order>(firstOrders.map((order) => [order.id, order]));
  const answersByKey = new Map<string, Answer>();
  const tokens = new Map([[yesterdaysToken, { expiresAt: Date.now() - 1 }]]);
  const ahead = new Map(Object.entries(troubles).map(([name, list]) => [name, [...list]]));
  let window = { endsAt: 0, used: 0 };
  let isBackAt = 0;

  function issueToken(): Answer {
    const token = `token-${randomUUID()}`;
    tokens.set(token, { expiresAt: Date.now() + 60_000 });
    return { status: 200, body: { access_token: token, expires_in: 60 } };
  }

  function isKnown(request: IncomingMessage): boolean {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    return (tokens.get(token)?.expiresAt ?? 0) > Date.now();
  }

  /** The answers of the API when nothing goes wrong. */
  function work(request: IncomingMessage, path: string, text: string): Answer {
    const [, collection, id] = /^\/v1\/(\w+)\/?(.*)$/.exec(path) ?? [];
    if (collection === 'reports') return report();
    if (collection === 'catalogue') return { status: 200, body: { item: Number(id) } };
    if (collection === 'exports') return { status: 200, body: csv(orders.values()) };
    if (collection !== 'orders') return failure(404, 'no_such_endpoint', `There is no endpoint ${path}`);
    if (request.method === 'POST') return orderOnce(String(request.headers['idempotency-key']), text);

    const order = orders.get(Number(id));
    if (!order) return failure(404, 'order_missing', `There is no order ${id}`);
    if (request.method === 'PATCH') return update(order, text);
    if (request.method === 'DELETE') return lacksScope('orders:delete');
    return { status: 200, body: order };
  }

  /** An order with a known idempotency key is the same order, so it gets the same answer as before. */
  function orderOnce(key: string, text: string): Answer {
    const answer = answersByKey.get(key) ?? place(text);
    if (answer.status === 201) answersByKey.set(key, answer);
    return answer;
  }

  function place(text: string): Answer {
    const { item, quantity } = JSON.parse(text) as Order;
    const issues = [
      ...(quantity >= 1 ? [] : [{ path: 'quantity', message: 'must be at least 1', code: 'too_small' }]),
      ...(item === 'lantern' ? [{ path: 'item', message: 'is sold out until spring', code: 'sold_out' }] : []),
    ];
    if (issues.length > 0) return failure(422, 'order_rejected', 'The order breaks our rules', { issues });
    const order: Order = { id: 2000 + orders.size, item, quantity, status: 'open' };
    orders.set(order.id, order);
    return { status: 201, body: order };
  }

  function update(order: Order, text: string): Answer {
    const { quantity } = JSON.parse(text) as { quantity: unknown };
    if (typeof quantity === 'number') return { status: 200, body: { ...order, quantity } };
    return failure(400, 'field_missing', 'The field quantity is required', { param: 'quantity' });
  }

  function report(): Answer {
    const now = Date.now();
    if (now >= window.endsAt) window = { endsAt: now + quota.windowMs, used: 0 };
    window.used++;
    const seconds = Math.ceil((window.endsAt - now) / 1000);
    const headers = {
      'ratelimit-policy': `"reports";q=${quota.requests};w=1`,
      ratelimit: `"reports";r=${Math.max(0, quota.requests - window.used)};t=${seconds}`,
    };
    if (window.used <= quota.requests) return { status: 200, headers, body: { orders: orders.size } };
    const refused = failure(429, 'quota_exceeded', `More than ${quota.requests} reports in a second`);
    return { ...refused, headers: { ...headers, 'retry-after': String(seconds) } };
  }

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const text = await textOf(request);
    if (pathname === '/oauth/token') return send(response, issueToken());

    const name = `${request.method} ${pathname.replace(/^\/v1\//, '')}`;
    requests.push(name);
    response.setHeader('x-request-id', `req_${String(requests.length).padStart(3, '0')}`);
    if (Date.now() < isBackAt) return send(response, restarting);
    const isOpenToAll = pathname.startsWith('/v1/catalogue/');
    if (!isOpenToAll && !isKnown(request)) return send(response, tokenExpired);
    const answer = (): Answer => work(request, pathname, text);
    const trouble = ahead.get(name)?.shift();
    return trouble ? trouble(response, answer) : send(response, answer());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get tokensIssued() {
      return tokens.size - 1;
    },
    get ordersPlaced() {
      return orders.size - firstOrders.length;
    },
    interrupt(ms) {
      isBackAt = Date.now() + ms;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const firstOrders: readonly Order[] = ['tent', 'stove', 'rope', 'map', 'boots', 'compass', 'torch'].map(
  (item, index) => ({ id: 1001 + index, item, quantity: index + 1, status: index % 2 === 0 ? 'paid' : 'shipped' }),
);

const restarting: Answer = failure(503, 'restarting', 'We are back in a moment');

const tokenExpired: Answer = {
  ...failure(401, 'token_expired', 'The token has expired'),
  headers: { 'www-authenticate': 'Bearer error="invalid_token", error_description="The token has expired"' },
};

function lacksScope(scope: string): Answer {
  return {
    ...failure(403, 'missing_scope', 'This token may read and place orders, and no more'),
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  };
}

function csv(orders: Iterable<Order>): string {
  return Array.from(orders, ({ id, item, quantity }) => `${id},${item},${quantity}\n`).join('');
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
