import { setImmediate as turn } from 'node:timers/promises';
import { createResilientClient, type ResilientClient } from 'holdfast';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serve } from './support/server.ts';

const events = (...data: string[]): string => data.map((one) => `data: ${one}\n\n`).join('');
const delta = JSON.stringify({ choices: [{ index: 0, delta: { content: 'hi' } }] });
const usage = JSON.stringify({ choices: [], usage: { total_tokens: 30 } });
const first = events(delta);
const rest = events(delta, usage, '[DONE]');

interface Model {
  readonly api: ResilientClient;
  readonly url: string;
  /** The units that are counted so far, and those that are only reserved. */
  units(): readonly (number | undefined)[];
}

/** A model that streams: a beginning, then the rest, and then the end of the body or of the connection. */
async function model({ second = rest, end = 'ends' as 'ends' | 'stays open' | 'breaks' } = {}): Promise<Model> {
  const { origin } = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(first, () => {
      if (end === 'breaks') setImmediate(() => response.destroy());
      else if (end === 'ends') response.end(second);
      else response.write(second);
    });
  });
  const api = createResilientClient({
    baseUrl: `${origin}/v1/`,
    rateLimit: { unit: 'tokens', amount: 1000, perMs: 3_600_000, cost: () => 100, usage: 'usage.total_tokens' },
    retry: 0,
  });
  onTestFinished(() => api.close());
  const units = (): readonly (number | undefined)[] => {
    const unit = api.snapshot().limiters[0]?.units?.[0];
    return [unit?.used, unit?.reserved];
  };
  return { api, units, url: `${origin}/v1/` };
}

const question = { model: 'm', messages: [{ role: 'user' as const, content: 'hello' }] };
const isDone = ({ data }: { data: string }): boolean => data === '[DONE]';
/** Waits until the cost of the call is known. */
const settled = async ({ units }: Model): Promise<readonly (number | undefined)[]> => {
  for (let turns = 0; units()[1] !== 0 && turns < 100_000; turns++) await turn();
  return units();
};

describe('the usage in the last event of a stream', () => {
  test.each<[string, (all: Model) => Promise<unknown>]>([
    [
      'is read through a real SDK on client.fetch',
      async ({ api, url }) => {
        const ai = new OpenAI({ baseURL: url, apiKey: 'sk-own', maxRetries: 0, fetch: api.fetch });
        const chunks = await ai.chat.completions.create({ ...question, stream: true });
        for await (const chunk of chunks) void chunk;
      },
    ],
    [
      'is read through client.events(), to its end',
      async ({ api }) => {
        for await (const event of api.events('chat', { method: 'POST', json: question })) void event;
      },
    ],
    [
      'is read through a loop that is left at [DONE]',
      async ({ api }) => {
        for await (const event of api.events('chat', { method: 'POST', json: question })) if (isDone(event)) break;
      },
    ],
    ['is read through the text of the answer', async ({ api }) => api.post('chat', { json: question }).text()],
  ])('%s, and settles the reservation', async (_name, read) => {
    const all = await model();
    await read(all);
    expect(await settled(all)).toEqual([30, 0]);
  });

  test.each<[string, string, (event: { data: string }) => boolean]>([
    ['[DONE]', rest, isDone],
    ['the event that ends it by `until`', events(usage), ({ data }) => data === usage],
  ])('is read though the server leaves the connection open after %s', async (_name, second, until) => {
    const all = await model({ second, end: 'stays open' });
    const stream = all.api.events('chat', { method: 'POST', json: question, until });
    for await (const event of stream) void event;
    expect(await settled(all)).toEqual([30, 0]);
  });
});

describe('a reservation stands, and nothing is left reserved, where a stream', () => {
  test('is left before its last event', async () => {
    const all = await model({ second: ': more to come\n\n', end: 'stays open' });
    for await (const event of all.api.events('chat', { method: 'POST', json: question })) {
      void event;
      break;
    }
    expect(await settled(all)).toEqual([100, 0]);
  });

  test('is cut by the connection', async () => {
    const all = await model({ end: 'breaks' });
    const response = await all.api.fetch(`${all.url}chat`, { method: 'POST', body: '{}' });
    await expect(response.text()).rejects.toThrow();
    expect(await settled(all)).toEqual([100, 0]);
  });

  test('is aborted by its caller', async () => {
    const all = await model({ second: events(delta), end: 'stays open' });
    const caller = new AbortController();
    const response = await all.api.fetch(`${all.url}chat`, { method: 'POST', body: '{}', signal: caller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    caller.abort(new Error('enough'));
    await expect(
      (async () => {
        while (!(await reader?.read())?.done);
      })(),
    ).rejects.toThrow('enough');
    expect(await settled(all)).toEqual([100, 0]);
  });
});
