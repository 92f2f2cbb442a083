// A shop's page is made of eight calls to an API. The API goes down; the page still works, and says what it does not
// know.

import { setTimeout as wait } from 'node:timers/promises';
import { constantBackoff, createResilientClient, failFast, isResilienceError, retry } from 'holdfast';
import { paint, visibleLength } from '../quickstart/paint.ts';
import { openShop } from './shop.ts';

const shop = await openShop();

const api = createResilientClient({
  baseUrl: `${shop.url}/`,
  timeout: 2_000,
  // Equal requests at the same time are sent once.
  coalesce: true,
  // When the API fails, a stored answer may be shown for another hour.
  responseCache: { staleIfErrorMs: 3_600_000 },
  // The page on which the API reports its incidents.
  statusPage: { url: shop.statusUrl, intervalMs: 1_000 },
  // The demonstration takes seconds, so each call is retried once, and the circuit opens after the first page without a
  // server.
  retry: { limit: 1, delay: () => 300 },
  retryBudget: false,
  circuitBreaker: { minimumCalls: 12, failureRatio: 0.5, openMs: 2_000, maxOpenMs: 2_000 },
});

let banner: string | undefined;
api.onStatus(({ incident }) => {
  banner = incident && `${incident.title} (${incident.status})`;
});
let calls = 0;
api.on('call.started', () => calls++);

/** A line of the page, and where its data came from. */
type Line = readonly [text: string, from: string];

/** Reads from the API. When the API fails, the cache may answer, and says so in a header. */
async function read<T>(path: string): Promise<{ readonly value: T; readonly from: string }> {
  const response = await api.get(path);
  const isStale = response.headers.get('cache-status')?.includes('stale-if-error');
  return { value: await response.json<T>(), from: isStale ? paint('yellow', 'stale, from the cache') : 'fresh' };
}

/** Five components ask for the same data independently. */
async function heading(): Promise<Line> {
  const shops = await Promise.all(Array.from({ length: 5 }, () => read<{ name: string }>('shop')));
  const [first] = shops;
  return [first?.value.name ?? '', `${first?.from}, for 5 components`];
}

async function catalogue(): Promise<Line> {
  const { value, from } = await read<{ item: string; price: number }[]>('catalogue');
  return [value.map(({ item, price }) => `${item} ${price} €`).join(', '), from];
}

/** Suggestions are optional: an empty answer always works. */
async function suggestions(): Promise<Line> {
  const bestsellers = { fallback: { bestsellers: ['a tent'] } };
  const policies = {
    network: retry({ limit: 1, backoff: constantBackoff({ delayMs: 300 }), ...bestsellers }),
    '5xx': failFast(bestsellers),
  };
  const found = await api.get('suggestions', { policies }).json<string[] | { bestsellers: string[] }>();
  if (Array.isArray(found)) return [`you may like: ${found}`, 'fresh'];
  return [`others like: ${found.bestsellers}`, paint('yellow', 'a fallback')];
}

/** A stale price or stock would be wrong here, so the page says that it does not know it, and why. */
async function order(): Promise<Line> {
  try {
    const { status } = await api.get('orders/42').json<{ status: string }>();
    return [`order 42: ${status}`, 'fresh'];
  } catch (error) {
    if (!isResilienceError(error)) throw error;
    const reason = error.incident?.title ?? 'the cause is not known yet';
    return [`order 42: we can't tell just now, sorry (${reason})`, paint('red', error.code)];
  }
}

async function show(title: string): Promise<void> {
  const before = { calls, requests: shop.requests };
  const lines = await Promise.all([heading(), catalogue(), suggestions(), order()]);
  console.log(
    ` ${paint('bold', title)}: ${calls - before.calls} calls, ${shop.requests - before.requests} requests reached the API`,
  );
  const width = 64;
  const row = (text: string, from: string): void =>
    console.log(` │ ${text}${' '.repeat(Math.max(0, width - visibleLength(text)))} │ ${paint('dim', from)}`);
  console.log(` ┌${'─'.repeat(width + 2)}┐`);
  if (banner !== undefined) row(paint('red', `! ${banner}`), 'the status page');
  for (const [text, from] of lines) row(text, from);
  console.log(` └${'─'.repeat(width + 2)}┘\n`);
}

console.log(`\n ${paint('bold', 'Holdfast')}: the server goes away, the page stays\n`);
await show('The shop is open');

shop.die();
await show('The server is gone');
await show('The circuit is open');

shop.comeBack();
while (banner !== undefined || api.snapshot().circuits.some(({ state }) => state !== 'closed')) {
  await wait(200);
  await api.get('orders/42', { retry: 0 }).catch(() => undefined);
}
await show('The server is back');

await api.close();
await shop.close();
