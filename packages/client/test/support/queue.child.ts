/** Callers give up while they are queued, thousands at a time; tells what is left of them. */
import { getEventListeners } from 'node:events';
import { createResilientClient } from 'holdfast';

const collect = (globalThis as unknown as { gc: () => void }).gc;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const perRound = 5000;

async function heap(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    collect();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

let sent = 0;
let end = (): void => {};
const fetch = (): Promise<Response> => {
  sent++;
  return new Promise((resolve) => {
    end = () => resolve(new Response('{}'));
  });
};
const api = createResilientClient({
  fetch: fetch as typeof globalThis.fetch,
  rateLimit: { maxConcurrent: 1 },
  timeout: false,
  totalTimeout: false,
});
const running = api.get('https://api.example.com/running').json();
while (sent === 0) await turn();

async function giveUp(): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  const calls = Array.from({ length: perRound }, (_, at) =>
    api.get(`https://api.example.com/${at}`, { signal }).json(),
  );
  const ends = Promise.allSettled(calls);
  while (api.snapshot().limiters[0]?.queued !== perRound) await turn();
  controller.abort(new Error('gone'));
  const rejected = (await ends).filter((one) => one.status === 'rejected' && one.reason.message === 'gone');
  if (getEventListeners(signal, 'abort').length > 0) throw new Error('a listener is left');
  return rejected.length;
}

await giveUp();
const before = await heap();
let rejected = 0;
for (let round = 0; round < 2; round++) rejected += await giveUp();
const grown = (await heap()) - before;
const { limiters, callsInFlight } = api.snapshot();
end();
await running;
console.log(JSON.stringify({ rejected, sent, limiters, callsInFlight, grownPerCall: grown / (2 * perRound) }));
