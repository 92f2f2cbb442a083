/** Makes many calls on one signal that lives as long as the process, and tells what is left of them. */
import { getEventListeners } from 'node:events';
import { createResilientClient } from 'holdfast';

const collect = (globalThis as unknown as { gc: () => void }).gc;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    collect();
    await turn();
  }
}

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

// Compilers and caches have their share first.
await some(3000);
await settle();
const before = process.memoryUsage().heapUsed;
await some(3000);
await settle();
const grown = process.memoryUsage().heapUsed - before;
console.log(
  JSON.stringify({ grownPerCall: grown / 12_000, listeners: listeners(), inFlight: api.snapshot().callsInFlight }),
);
