// A server on loopback that counts its requests. The query of a URL selects the answer: `fail=2&status=503` fails twice,
// `retryAfter=1` adds a wait, `token=t2` accepts only that bearer token, `ms=50` delays, `body=broken` breaks off,
// `etag=v1` answers conditional requests, `body=status` is a status page, `body=events` is a stream of events, `to=other`
// redirects. Requests are counted under the query's `key`.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingServer {
  readonly url: string;
  /** How many requests a key has had. */
  count(key: string): number;
  /** The most requests of a key that were under way at once. */
  most(key: string): number;
  /** Method and selected headers of each request, in order. */
  requests(key: string): readonly IncomingMessage[];
  close(): Promise<void>;
}

interface Counted {
  readonly requests: IncomingMessage[];
  underWay: number;
  most: number;
}

export async function countingServer(): Promise<CountingServer> {
  const counted = new Map<string, Counted>();
  const of = (key: string): Counted => counted.get(key) ?? { requests: [], underWay: 0, most: 0 };
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const key = query.get('key') ?? '';
    const mine = of(key);
    counted.set(key, mine);
    mine.requests.push(request);
    mine.most = Math.max(mine.most, ++mine.underWay);
    response.on('close', () => mine.underWay--);
    request.resume();
    const ms = Number(query.get('ms') ?? 0);
    if (ms === 0) answer(mine.requests.length, query, request, response);
    else setTimeout(() => answer(mine.requests.length, query, request, response), ms);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    count: (key) => of(key).requests.length,
    most: (key) => of(key).most,
    requests: (key) => of(key).requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(time: number, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', 'retry-after');
  const token = query.get('token');
  if (token !== null && request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    return;
  }
  if (time <= Number(query.get('fail') ?? 0)) {
    const retryAfter = query.get('retryAfter');
    response.writeHead(Number(query.get('status') ?? 503), retryAfter === null ? {} : { 'retry-after': retryAfter });
    response.end('{"error":{"message":"not now"}}');
    return;
  }
  const to = query.get('to');
  if (to !== null) {
    response.writeHead(Number(query.get('status') ?? 302), { location: `/?key=${query.get('key')}-${to}` }).end();
    return;
  }
  const etag = query.get('etag');
  if (etag !== null) response.setHeader('etag', `"${etag}"`).setHeader('cache-control', 'no-cache');
  if (etag !== null && request.headers['if-none-match'] === `"${etag}"`) {
    response.writeHead(304).end();
    return;
  }
  if (query.get('body') === 'status') {
    const incidents = [{ name: 'Database failover', status: 'identified', impact: 'major' }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: { description: 'Major outage', indicator: 'major' }, incidents }));
    return;
  }
  if (query.get('body') === 'events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: one\n\ndata: two\n\n');
    return;
  }
  if (query.get('body') === 'broken') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":');
    setTimeout(() => response.destroy(), 20);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: 42, time, method: request.method }));
}
