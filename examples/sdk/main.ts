// OpenAI's SDK and Stripe's, with one flaky server: first on the platform's fetch, then on a client's.

import { createResilientClient } from 'holdfast';
import OpenAI from 'openai';
import Stripe from 'stripe';
import { paint } from '../quickstart/paint.ts';
import { openService, type Trouble } from './service.ts';

const service = await openService();
// A retry budget is a share of traffic, and four calls are too little traffic for one.
const client = createResilientClient({ retryBudget: false });

/** A call of an SDK, and what happens to the server meanwhile. */
interface Scene {
  readonly title: string;
  readonly troubles: readonly Trouble[];
  ask(sdks: { readonly ai: OpenAI; readonly payments: Stripe }): Promise<string>;
}

const question = { model: 'small', messages: [{ role: 'user' as const, content: 'Hold fast?' }] };
const scenes: readonly Scene[] = [
  {
    title: 'openai  models.retrieve',
    troubles: [503, 500],
    ask: async ({ ai }) => (await ai.models.retrieve('small')).id,
  },
  {
    title: 'openai  a stream',
    troubles: [429],
    async ask({ ai }) {
      let said = '';
      for await (const { choices } of await ai.chat.completions.create({ ...question, stream: true })) {
        said += choices[0]?.delta.content;
      }
      return said;
    },
  },
  {
    title: 'openai  a POST without a key',
    troubles: [500],
    ask: async ({ ai }) => String((await ai.chat.completions.create(question)).choices[0]?.message.content),
  },
  {
    title: 'stripe  customers.create',
    troubles: ['reset', 500],
    ask: async ({ payments }) => (await payments.customers.create({ name: 'Ada' })).id,
  },
];

/** The SDKs as a user configures them: with the given fetch, and with their own retries off. */
function sdksOn(fetch: typeof globalThis.fetch) {
  const { port } = service;
  const ai = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-test', maxRetries: 0, fetch });
  const payments = new Stripe('sk_test', {
    ...{ protocol: 'http', host: '127.0.0.1', port, maxNetworkRetries: 0 },
    httpClient: Stripe.createFetchHttpClient(fetch),
  });
  return { ai, payments };
}

async function play(name: string, fetch: typeof globalThis.fetch): Promise<number> {
  console.log(` ${paint('bold', name)}\n`);
  const sdks = sdksOn(fetch);
  let answered = 0;
  for (const { title, troubles, ask } of scenes) {
    service.begin(troubles);
    const [good, words] = await ask(sdks).then(
      (answer) => [true, `"${answer}"`] as const,
      (error: Error) => [false, error.constructor.name] as const,
    );
    if (good) answered++;
    const made = service.customers.length > 0 ? `; customers made: ${service.customers.length}` : '';
    const verdict = `${good ? paint('green', '✓') : paint('red', '✗')} ${words}`;
    console.log(`   ${title.padEnd(30)} ${verdict.padEnd(30)} ${paint('dim', `${service.answers.join(', ')}${made}`)}`);
  }
  console.log();
  return answered;
}

console.log(`\n ${paint('bold', 'Holdfast')}: two SDKs, one flaky server\n`);
const plain = await play('with fetch', fetch);
client.on('retry.denied', ({ decision }) => console.log(paint('yellow', `   ${decision.reason}`)));
const resilient = await play('with client.fetch', client.fetch);
console.log(
  ` ${plain} of ${scenes.length} answered with fetch, ${resilient} with client.fetch; nothing was done twice.\n`,
);

await client.close();
await service.close();
if (plain !== 0 || resilient !== 3) process.exitCode = 1;
