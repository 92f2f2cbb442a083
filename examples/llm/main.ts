// Twenty jobs for a language model that grants six requests and 10,000 tokens a minute. One client gets all jobs at once,
// sends each one as soon as both quotas have room for it, and never gets a 429.
//
// The server and its sockets are real. Its minutes are those of a clock that this example drives, so they take no real
// time. The clock stands still while a request is on the wire or the client is working.

import assert from 'node:assert/strict';
import { ManualClock } from '@holdfast/core/testing';
import { createResilientClient } from 'holdfast';
import { bodyOf, estimate, type Job, jobs, type ModelRequest } from './jobs.ts';
import { startModel } from './model.ts';
import { minute } from './rolling-minute.ts';
import { printTimeline } from './timeline.ts';

const quotas = { requests: 6, tokens: 10_000 };

const clock = new ManualClock();
const underWay: (() => void)[] = [];
const begins = (): unknown => underWay.push(clock.hold());
const ends = (): void => underWay.shift()?.();

const model = await startModel({ clock, ...quotas, arrived: ends, answers: begins });
const api = createResilientClient({
  baseUrl: model.url,
  rateLimit: [
    { requests: quotas.requests, perMs: minute },
    {
      unit: 'tokens',
      amount: quotas.tokens,
      perMs: minute,
      // Reserved before the request is sent, and corrected when the answer reports the usage.
      cost: async (request) => estimate((await request.json()) as ModelRequest),
      usage: 'usage.total_tokens',
    },
  ],
  // With an idempotency key, a POST may be sent again.
  idempotencyKeys: true,
  // A job may have to wait for minutes.
  timeout: minute,
  totalTimeout: false,
  clock,
  random: () => 0.5,
});

const retries: string[] = [];
api.on('permit.queued', ends);
api.on('permit.granted', begins);
api.on('attempt.started', ({ attempt }) => attempt > 1 && begins());
api.on('retry.scheduled', ({ decision }) => {
  retries.push(decision.reason);
  ends();
});

async function run(job: Job): Promise<string> {
  begins();
  const text = await (job.isStream ? streamed(job) : whole(job));
  ends();
  return text;
}

async function whole(job: Job): Promise<string> {
  return (await api.post('answers', { json: bodyOf(job) }).json<{ text: string }>()).text;
}

async function streamed(job: Job): Promise<string> {
  const deltas: string[] = [];
  const stream = api.events('answers', { method: 'POST', json: bodyOf(job), until: ({ data }) => data === '[DONE]' });
  for await (const event of stream) {
    if (event.data !== '[DONE]') deltas.push(event.json<{ delta: string }>().delta);
  }
  return deltas.join(' ').trim();
}

const standStill = clock.flow();
const texts = await Promise.all(jobs.map(run));
standStill();

assert.deepEqual(
  texts,
  jobs.map(({ answer }) => `an answer of ${answer} tokens`),
);
printTimeline(model.served, jobs, quotas);
for (const reason of retries) console.log(`  ${reason}`);
const refused = model.served.filter(({ status }) => status === 429).length;
console.log(`\n${texts.length} jobs answered, ${model.served.length} requests, ${refused} times 429`);
console.log('The quotas as the server reported them last:', api.snapshot().quotas);
await api.close();
model.close();
