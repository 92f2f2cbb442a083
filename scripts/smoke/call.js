// One call against a server on this machine that fails at first. It ends by itself, or the check fails.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createResilientClient } from 'holdfast';

let requests = 0;
const server = createServer((_request, response) => {
  requests += 1;
  if (requests === 1) response.writeHead(503, { 'retry-after': '0' }).end();
  else response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":42}');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const api = createResilientClient({ baseUrl: `http://127.0.0.1:${server.address().port}/` });
const order = await api.get('orders/42').json();
assert.deepEqual(order, { id: 42 });
assert.equal(requests, 2);
server.close();
console.log(`Node ${process.version}: ok after ${requests} requests`);
