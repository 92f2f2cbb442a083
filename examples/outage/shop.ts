import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Shop {
  readonly url: string;
  /** Requests that the server has seen, whether it was up or down. */
  readonly requests: number;
  /** From now on, every connection is reset. */
  die(): void;
  comeBack(): void;
  close(): Promise<void>;
}

/** A real HTTP server on a free port of this machine, which goes down and comes back on command. */
export async function openShop(): Promise<Shop> {
  let alive = true;
  let requests = 0;
  const server: Server = createServer((request, response) => {
    requests++;
    if (!alive) return request.socket.resetAndDestroy();
    response.end(JSON.stringify({ open: true }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
