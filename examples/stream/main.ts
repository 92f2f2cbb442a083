// A server streams an answer word by word, while it is overloaded, stalls, and drops the stream in the middle. The client
// delivers each word once, in order, and reports what it did for that.

import assert from 'node:assert/strict';
import { createResilientClient, retry } from 'holdfast';
import { answer, startModel } from './model.ts';

const model = await startModel();
const api = createResilientClient({
  baseUrl: model.url,
  idleTimeout: 300,
  policies: { '5xx': retry({ limit: 4 }), timeout: retry({ limit: 4 }) },
  // Each request of this example fails on purpose, which takes a larger budget than a real service should need.
  retryBudget: { ratio: 1, minPerSecond: 20 },
});
api.on('retry.scheduled', ({ decision }) => console.log(`before the first word: ${decision.reason}`));
api.on('stream.interrupted', ({ eventsReceived, errorCode }) =>
  console.log(`interrupted after ${eventsReceived} words: ${errorCode}`),
);
api.on('stream.resumed', ({ lastEventId }) => console.log(`goes on after word ${lastEventId}`));
api.on('call.ended', ({ outcome, attempts }) => console.log(`call ended: ${outcome} after ${attempts} attempts`));

const words: string[] = [];
const stream = api.events('answers', {
  isFailure: ({ event }) => event === 'error' && { status: 529 },
  until: ({ data }) => data === '[DONE]',
});
for await (const event of stream) {
  if (event.data === '[DONE]') continue;
  words.push(event.json<{ word: string }>().word);
}
assert.equal(words.join(' '), answer);
console.log(words.join(' '));
await api.close();
model.close();
