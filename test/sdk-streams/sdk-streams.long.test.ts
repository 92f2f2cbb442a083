import Anthropic from '@anthropic-ai/sdk';
import { anthropic, jsonRpc, openai } from '@holdfast/dialects';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { type ClientOptions, createResilientClient, isResilienceError, resilienceErrorOf } from 'holdfast';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answer, startModel, trouble } from '../../examples/stream/model.ts';

type Fetch = ReturnType<typeof createResilientClient>['fetch'];

interface Sdk {
  readonly options: ClientOptions;
  /** Requests the stream, and passes each piece to `taken`. */
  read(url: string, fetch: Fetch, taken: (piece: string) => void): Promise<void>;
}

const messages = [{ role: 'user' as const, content: 'Say something about streams.' }];

/** The SDKs have their own retries switched off, so that each recovery is the work of `client.fetch`. */
const sdks: Readonly<Record<string, Sdk>> = {
  openai: {
    options: { dialect: openai() },
    async read(url, fetch, taken) {
      const ai = new OpenAI({ baseURL: `${url}v1`, apiKey: 'key', maxRetries: 0, fetch });
      const stream = await ai.chat.completions.create({ model: 'm', messages, stream: true });
      for await (const { choices } of stream) taken(choices[0]?.delta.content ?? '');
    },
  },
  '@anthropic-ai/sdk': {
    options: { dialect: anthropic() },
    async read(url, fetch, taken) {
      const ai = new Anthropic({ baseURL: url.slice(0, -1), apiKey: 'key', maxRetries: 0, fetch: fetch as never });
      const stream = await ai.messages.create({ model: 'm', max_tokens: 100, messages, stream: true });
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') taken(event.delta.text);
      }
    },
  },
  '@modelcontextprotocol/sdk': {
    options: { dialect: jsonRpc() },
    async read(url, fetch, taken) {
      const client = new Client({ name: 'test', version: '1.0.0' });
      await client.connect(new StreamableHTTPClientTransport(new URL('mcp', url), { fetch }) as Transport);
      try {
        let isFirst = true;
        const onprogress = ({ message = '' }): void => {
          taken(isFirst ? message : ` ${message}`);
          isFirst = false;
        };
        const call = { name: 'say', arguments: {} };
        const options = { onprogress, timeout: 5_000, maxTotalTimeout: 20_000 };
        await client.callTool(call, CallToolResultSchema, options);
      } finally {
        await client.close();
      }
    },
  },
};

/** What an SDK received from a model with such faults. */
async function play({ options, read }: Sdk, troubles: Parameters<typeof startModel>[0]) {
  const model = await startModel(troubles);
  onTestFinished(() => model.close());
  const client = createResilientClient({
    ...{ readBody: 'firstChunk', idleTimeout: 1_000, timeout: 3_000, idempotencyKeys: true, retry: 6 },
    retryBudget: { ratio: 1, minPerSecond: 20 },
    ...options,
  });
  onTestFinished(() => client.close());
  const pieces: string[] = [];
  let error: unknown;
  await read(model.url, client.fetch, (piece) => void pieces.push(piece)).catch((reason: unknown) => {
    error = reason;
  });
  return { text: pieces.join(''), error, streams: model.streams(), client };
}

describe.each(Object.entries(sdks))('the stream of %s through client.fetch', (_name, sdk) => {
  test('has every event once, whatever goes wrong before the first', async () => {
    const { overloaded, silent, failing, stillborn, none } = trouble;
    const { text, error, streams, client } = await play(sdk, [overloaded, silent, failing, stillborn, none]);
    expect({ text, error, streams }).toEqual({ text: answer, error: undefined, streams: 5 });
    expect(client.snapshot()).toMatchObject({ callsInFlight: 0 });
  });

  test('has each event at most once where it breaks in the middle, and is not sent again', async () => {
    const { text, error, streams } = await play(sdk, [trouble.reset, trouble.none]);
    expect(answer.startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(0);
    expect(error).toBeDefined();
    expect(streams).toBe(1);
  });

  test('ends where it stalls in the middle', async () => {
    const { text, error, streams } = await play(sdk, [trouble.stalling]);
    expect(answer.startsWith(text)).toBe(true);
    expect(error).toBeDefined();
    expect(streams).toBe(1);
  });
});

test('an SDK sees the typed error behind a stream that stalls', async () => {
  const { error } = await play(sdks['openai'] as Sdk, [trouble.stalling]);
  const typed = isResilienceError(error) ? error : resilienceErrorOf(error);
  expect(typed).toMatchObject({ code: 'IDLE_TIMEOUT' });
});
