import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Two origins of one server, neither of them the page's. */
    readonly apis: readonly [string, string];
    /** An origin at which no server listens. */
    readonly deadApi: string;
  }
}

/** What the server has seen of a request, for `/log/{id}`. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the client left before it had its answer. */
  readonly left: boolean;
}

interface Visit {
  readonly seen: { -readonly [key in keyof Seen]: Seen[key] };
  readonly response: ServerResponse;
  readonly gone: Promise<void>;
}

/**
 * A real server on another origin than the page: `/{cors}/{id}/{deed}`. `cors` is `none`, `plain` (every page may read
 * its answers) or `exposed` (and their headers). Each test has its own id: `/log/{id}` returns its requests, `/left/{id}`
 * waits until a client has left, `/push/{id}?text` and `/finish/{id}` continue and end the last answer.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const visits = new Map<string, Visit[]>();
  const servers = [createServer(answer), createServer(answer)];
  const origins = await Promise.all(servers.map(listen));
  project.provide('apis', origins as [string, string]);
  const dead = createServer();
  project.provide('deadApi', await listen(dead));
  await close(dead);
  return async () => {
    await Promise.all(servers.map(close));
  };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search, searchParams } = new URL(incoming.url ?? '', 'http://localhost');
    const [, cors = '', id = '', deed = '', rest = ''] = pathname.split('/');
    if (cors !== 'none') allow(incoming, response, cors === 'exposed');
    if (incoming.method === 'OPTIONS') return void response.writeHead(204).end();
    const earlier = visits.get(id) ?? [];
    if (cors === 'log') return void response.end(JSON.stringify(earlier.map(({ seen }) => seen)));
    if (cors === 'left') return void earlier.at(-1)?.gone.then(() => response.end());
    if (cors === 'push') {
      earlier.at(-1)?.response.write(decodeURIComponent(search.slice(1)));
      return void response.end();
    }
    if (cors === 'finish') {
      earlier.at(-1)?.response.end();
      return void response.end();
    }
    const visit = await receive(incoming, response);
    visits.set(id, [...earlier, visit]);
    deeds[deed]?.(response, { visit, rest, searchParams, isFirst: earlier.length === 0 });
  }
}

interface Moment {
  readonly visit: Visit;
  readonly rest: string;
  readonly searchParams: URLSearchParams;
  readonly isFirst: boolean;
}

const deeds: Readonly<Record<string, (response: ServerResponse, moment: Moment) => void>> = {
  echo: (response, { visit }) => response.end(JSON.stringify(visit.seen)),
  status: (response, { rest }) => response.writeHead(Number(rest)).end(`{"code":"code-${rest}"}`),
  busy: (response) => response.writeHead(429, telling).end(),
  flaky: (response, { isFirst, visit }) => {
    if (isFirst) response.writeHead(503).end();
    else response.end(JSON.stringify(visit.seen));
  },
  stream: (response) => response.write('one'),
  silent: () => undefined,
  reset: (response) => response.destroy(),
  cut: (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"id":', () => response.destroy());
  },
  redirect: (response, { searchParams }) => response.writeHead(302, { location: searchParams.get('to') ?? '' }).end(),
};

/** Limits in the server's headers, of which a page may read only some. */
const telling = {
  'retry-after': '2',
  ratelimit: '"day";r=0;t=60',
  'ratelimit-policy': '"day";q=100;w=86400',
  'x-request-id': 'req_1',
};

function allow(incoming: IncomingMessage, response: ServerResponse, exposes: boolean): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-methods', '*');
  const asked = incoming.headers['access-control-request-headers'];
  if (asked !== undefined) response.setHeader('access-control-allow-headers', asked);
  if (exposes) response.setHeader('access-control-expose-headers', Object.keys(telling).join());
}

async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<Visit> {
  const { method = '', url = '', headers } = incoming;
  const seen = { method, path: url, headers: headers as Seen['headers'], body: '', left: false };
  const gone = once(response, 'close').then(() => {
    seen.left = !response.writableFinished;
  });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  seen.body = Buffer.concat(chunks).toString('latin1');
  return { seen, response, gone };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
