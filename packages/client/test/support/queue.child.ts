/** Callers abort while their calls are queued, thousands at a time. Reports what is left of them. */
import { getEventListeners } from 'node:events';
import { createResilientClient } from 'holdfast';
import { type CountedAfter, countObjects, leaksBetween } from '../../../../test/heap/objects.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const perRound = 4000;

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

const samples: CountedAfter[] = [];
let rejected = 0;
for (let round = 1; round <= 3; round++) {
  rejected += await giveUp();
  samples.push({ calls: round * perRound, counts: await countObjects() });
}
const { limiters, callsInFlight } = api.snapshot();
end();
await running;
console.log(JSON.stringify({ rejected, sent, limiters, callsInFlight, leaks: leaksBetween(samples) }));
