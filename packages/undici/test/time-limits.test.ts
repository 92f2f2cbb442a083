import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { undiciTransport } from '@holdfast/undici';
import { createResilientClient, IdleTimeoutError } from 'holdfast';
import { afterAll, beforeAll, expect, test } from 'vitest';

let server: Server;
let url: string;
const closed: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    response.on('close', () => closed.push(request.url ?? ''));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"id":');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.for(['json', 'stream'])('a body that stalls while it is waited for ends with IDLE_TIMEOUT: %s', async (way) => {
  const api = createResilientClient({ transport: undiciTransport(), idleTimeout: 50 });
  const reading =
    way === 'json' ? api.get(`${url}json`).json() : api.fetch(`${url}stream`).then((response) => response.text());
  expect(await reading.catch((error: unknown) => error)).toBeInstanceOf(IdleTimeoutError);
  await expect.poll(() => closed, { timeout: 30_000 }).toContain(`/${way}`);
});

test('the client’s limits are the only ones', () => {
  const client = createResilientClient({ transport: undiciTransport(), timeout: 600_000, idleTimeout: 600_000 });
  expect(() => client.extend({ timeout: 900_000 })).not.toThrow();
});
