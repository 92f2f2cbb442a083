// One process of the fleet. Calls an API through a limiter in Redis, as fast as the limiter permits, until the parent
// sends a message.

import { createResilientClient } from 'holdfast';

const [api, redis, requests, perMs, atOnce] = process.argv.slice(2);
const client = createResilientClient({
  rateLimit: { requests: Number(requests), perMs: Number(perMs), redis: String(redis) },
  timeout: false,
  totalTimeout: false,
});
let isOver = false;
process.once('message', () => (isOver = true));

async function callAgain(): Promise<void> {
  while (!isOver) await client.fetch(String(api)).then((response) => response.text());
}

await Promise.all(Array.from({ length: Number(atOnce) }, callAgain));
process.exit();
