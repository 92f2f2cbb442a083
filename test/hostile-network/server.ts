import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the server has received completely, and has acted on. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: number;
}

export interface RealServer {
  readonly address: AddressInfo;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** A real HTTP server on loopback. It counts requests, so that the tests need not trust the client's count. */
export async function realServer(answer: (request: Received, response: ServerResponse) => void): Promise<RealServer> {
  const received: Received[] = [];
  const server = createServer(async (incoming, response) => {
    let bytes = 0;
    try {
      for await (const chunk of incoming) bytes += (chunk as Buffer).length;
    } catch {
      return; // An upload that was cut short is not counted as a request.
    }
    const { method = '', url = '', headers } = incoming;
    const request = { method, path: url, headers, bytes };
    received.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: server.address() as AddressInfo,
    received,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
