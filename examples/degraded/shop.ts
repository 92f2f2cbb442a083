import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Shop {
  readonly url: string;
  /** The status page. It has its own server, as it should. */
  readonly statusUrl: string;
  /** Requests that reached the shop, whether it was up or down. */
  readonly requests: number;
  /** From now on, every connection is reset. */
  die(): void;
  comeBack(): void;
  close(): Promise<void>;
}

const answers: Readonly<Record<string, unknown>> = {
  '/shop': { name: 'Tents & Stoves' },
  '/catalogue': [
    { item: 'tent', price: 199 },
    { item: 'stove', price: 49 },
  ],
  '/suggestions': ['a lantern'],
  '/orders/42': { status: 'on its way' },
};
/** Makes an answer that may be stored, and is fresh for this time. A client revalidates it with its ETag. */
const caching: Readonly<Record<string, string>> = {
  '/shop': 'max-age=0',
  '/catalogue': 'max-age=0',
  '/suggestions': 'no-store',
  '/orders/42': 'no-store',
};

const incident = { name: 'Database failover', status: 'identified', impact: 'major' };

/** An API and its status page, on free ports of this machine. */
export async function openShop(): Promise<Shop> {
  let alive = true;
  let requests = 0;
  const api = await listen((request, response) => {
    requests++;
    if (!alive) return request.socket.resetAndDestroy();
    const { url = '' } = request;
    const etag = `"${url}"`;
    response.setHeader('cache-control', caching[url] ?? 'no-store');
    response.setHeader('etag', etag);
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[url]));
  });
  const page = await listen((_request, response) => {
    const description = alive ? 'All Systems Operational' : 'Major Outage';
    const status = { description, indicator: alive ? 'none' : 'major' };
    response.end(JSON.stringify({ status, incidents: alive ? [] : [incident] }));
  });
  return {
    url: urlOf(api),
    statusUrl: urlOf(page),
    get requests() {
      return requests;
    },
    die() {
      alive = false;
    },
    comeBack() {
      alive = true;
    },
    async close() {
      for (const server of [api, page]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
