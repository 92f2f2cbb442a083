// Makes one call to a server on this machine that fails at first, and one to a mocked server. The process must end by
// itself, or the check fails.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { ManualClock } from '@holdfast/core/testing';
import { ok, rateLimited, respondInTurn, takeTime } from '@holdfast/testing';
import { chaos } from '@holdfast/testing/chaos';
import { createResilientClient } from 'holdfast';
import { setupServer } from 'msw/node';

let requests = 0;
const server = createServer((_request, response) => {
  requests += 1;
  if (requests === 1) response.writeHead(503, { 'retry-after': '0' }).end();
  else response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' }).end('{"id":42}');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const api = createResilientClient({ baseUrl: `http://127.0.0.1:${server.address().port}/` });
const order = await api.get('orders/42').json();
assert.deepEqual(order, { id: 42 });
assert.equal(requests, 2);
const caching = api.extend({ responseCache: true });
for (let time = 0; time < 2; time++) assert.deepEqual(await caching.get('orders/42').json(), { id: 42 });
assert.equal(requests, 3);
server.close();

// The test kit: a minute of waiting takes no time, and chaos does nothing unless it is switched on.
const url = 'https://api.example.com/orders/1';
const mocked = setupServer(respondInTurn(url, [rateLimited({ retryAfterMs: 20_000 }), ok({ id: 1 })]));
mocked.listen();
const clock = new ManualClock();
const time = takeTime(clock);
const tested = createResilientClient({ clock, perAttempt: [chaos()] });
assert.deepEqual(await clock.run(tested.get(url).json()), { id: 1 });
assert.deepEqual(time.leftovers(), []);
time.stop();
mocked.close();
console.log(`Node ${process.version}: ok after ${requests} requests`);
