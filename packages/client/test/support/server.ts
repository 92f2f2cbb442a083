import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestServer {
  readonly origin: string;
  readonly server: Server;
  /** The requests, in order, with their bodies as far as they have arrived. */
  readonly requests: readonly ReceivedRequest[];
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export type Answer = (request: ReceivedRequest, response: ServerResponse, incoming: IncomingMessage) => void;

/** A real server on loopback that reads each request completely, then answers. It ends with its test. */
export function serve(answer: Answer): Promise<TestServer> {
  const requests: ReceivedRequest[] = [];
  return listen(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return;
    }
    const { method = '', url = '', headers } = incoming;
    const request = { method, path: url, headers, body: Buffer.concat(chunks) };
    requests.push(request);
    answer(request, response, incoming);
  }, requests);
}

/** The same without reading: the listener reads the body. */
export async function listen(
  listener: RequestListener,
  requests: readonly ReceivedRequest[] = [],
): Promise<TestServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, requests };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
