/** Makes many calls on one signal that lives as long as the process, and reports what is left of them. */
import { getEventListeners } from 'node:events';
import { createResilientClient } from 'holdfast';
import { type CountedAfter, countObjects, leaksBetween } from '../../../../test/heap/objects.ts';

const { signal } = new AbortController();
const listeners = (): number => getEventListeners(signal, 'abort').length;
const body = JSON.stringify({ text: 'x'.repeat(100) });
let calls = 0;
const fetch = async (): Promise<Response> => new Response(body, { status: ++calls % 10 === 0 ? 404 : 200 });
const api = createResilientClient({
  baseUrl: 'https://api.example.com/',
  fetch: fetch as typeof globalThis.fetch,
  retry: 0,
});
api.on('call.ended', () => {});

async function some(count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    await api
      .get('x', { signal })
      .json()
      .catch(() => undefined);
    await (await api.fetch('https://api.example.com/x', { signal })).text();
    await api.extend({ headers: { user: String(number) } }).get('x', { signal, throwHttpErrors: false });
    await api.fetch('https://api.example.com/x', { signal }).then((response) => response.body?.cancel());
  }
}

// After the first round, pools and caches hold what they keep.
const samples: CountedAfter[] = [];
for (let round = 1; round <= 3; round++) {
  await some(1000);
  samples.push({ calls: round * 4000, counts: await countObjects() });
}
console.log(
  JSON.stringify({ leaks: leaksBetween(samples), listeners: listeners(), inFlight: api.snapshot().callsInFlight }),
);
