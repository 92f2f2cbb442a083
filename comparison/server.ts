import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProbeServer extends AsyncDisposable {
  readonly origin: string;
  /** The requests so far: when they arrived, and what they contained. */
  readonly requests: readonly Seen[];
}

export interface Seen {
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real server on loopback. `count` is the number of the request, from 1. */
export async function serve(
  answer: (response: ServerResponse, seen: Seen, count: number) => unknown,
): Promise<ProbeServer> {
  const requests: Seen[] = [];
  const server = createServer(async (request, response) => {
    const at = performance.now();
    let body = '';
    for await (const chunk of request) body += chunk;
    const seen = { at, path: request.url ?? '', headers: request.headers, body };
    await answer(response, seen, requests.push(seen));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function status(response: ServerResponse, code: number, headers: Record<string, string> = {}): void {
  response.writeHead(code, headers).end(`${code}`);
}
