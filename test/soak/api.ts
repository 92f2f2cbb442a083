import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';

/** What the server has done for a call, under the name that the call sent. */
export interface Done {
  acted: number;
  readonly keys: Set<string | undefined>;
}

export interface SoakApi {
  readonly address: AddressInfo;
  /** The calls that the server records. Each call adds and removes its own entry. */
  readonly done: Map<string, Done>;
  /** Issues a new token for a tenant; the previous one becomes invalid. */
  issueToken(tenant: string): string;
  close(): Promise<void>;
}

const filler = 'x'.repeat(2000);
const envelope = '{"error":{"code":"no","message":"not like that","issues":[{"path":"a","message":"b"}]}}';

/** An API that answers most requests well, and records what it has done. */
export async function soakApi(random: () => number): Promise<SoakApi> {
  const done = new Map<string, Done>();
  let issued = 0;
  const tenantOf = new Map<string, string>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      for await (const _chunk of request);
    } catch {
      return; // An upload that was cut short is not counted as a request.
    }
    const tenant = tenantOf.get(String(request.headers.authorization));
    if (tenant === undefined) return void response.writeHead(401).end();
    const chance = random();
    // The answer says "not now": the server did nothing.
    if (chance < 0.0005) return void response.writeHead(429, { 'retry-after-ms': '20' }).end();
    if (chance < 0.001) return void response.writeHead(503, { 'retry-after-ms': '30' }).end('later');
    if (chance < 0.006) return void response.writeHead(404).end();
    if (chance < 0.01) return void response.writeHead(422, { 'content-type': 'application/json' }).end(envelope);
    const watched = done.get(String(request.headers['x-request-id']));
    if (watched) {
      watched.acted++;
      watched.keys.add(request.headers['idempotency-key'] as string | undefined);
    }
    if (chance < 0.03) return void response.writeHead(500).end('{"error":{"code":"oops"}}');
    if (chance < 0.06) await later(random() * 100);
    const keptMs = request.url === '/kept' ? { 'cache-control': 'max-age=1' } : undefined;
    response.writeHead(200, { 'content-type': 'application/json', ...keptMs });
    if (request.method === 'HEAD') return void response.end();
    response.write(`{"tenant":"${tenant}","pieces":["`);
    for (let piece = 0; piece < 5; piece++) {
      response.write(filler);
      if (chance > 0.9) await later(2);
    }
    response.end('"]}');
  };

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: server.address() as AddressInfo,
    done,
    issueToken(tenant) {
      for (const [header, owner] of tenantOf) if (owner === tenant) tenantOf.delete(header);
      const token = `t-${++issued}`;
      tenantOf.set(`Bearer ${token}`, tenant);
      return token;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
