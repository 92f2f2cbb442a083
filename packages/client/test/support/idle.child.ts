/** A process with a client that has made calls and is not closed. The process must end by itself. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerToken, createResilientClient } from 'holdfast';

let answers = 0;
const server = createServer((request, response) => {
  answers++;
  response.statusCode = request.url === '/flaky' && answers % 2 === 1 ? 503 : 200;
  response.end('{}');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const api = createResilientClient({
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  auth: bearerToken({ refresh: () => ({ token: 't', expiresAt: Date.now() + 600_000 }) }),
  timeout: 300_000,
  totalTimeout: 600_000,
  random: () => 0,
});
api.on(() => {});
api.extend({ timeout: 200_000 });
await api.get('flaky').json();
await api.get('x').json();
await (await api.fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/y`)).text();
await api.get('z', { signal: AbortSignal.timeout(600_000) }).text();
// A token that is about to expire, and a refresh of it that never ends; no call waits for it.
const ahead = bearerToken({
  token: { token: 't', expiresAt: Date.now() + 5000 },
  refresh: () => new Promise(() => undefined),
  refreshTimeoutMs: 600_000,
});
await api.extend({ auth: ahead }).get('w').json();
server.close();
server.closeAllConnections();
console.log(`done ${answers}`);
