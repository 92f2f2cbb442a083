import { undiciTransport } from '@holdfast/undici';
import { createResilientClient, NetworkError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { serve } from './support/world.ts';

const ways: readonly (readonly [name: string, read: (response: Response) => Promise<unknown>])[] = [
  ['text()', (response) => response.text()],
  ['json()', (response) => response.json()],
  ['blob()', (response) => response.blob()],
  ['a clone', (response) => response.clone().arrayBuffer()],
  ['a pipe', async ({ body }) => body?.pipeTo(new WritableStream())],
  [
    'a loop',
    async (response) => {
      for await (const _ of response.body as ReadableStream<Uint8Array>);
    },
  ],
];

describe.for(ways)('%s of an answer that breaks off', ([, read]) => {
  test('rejects with a TypeError whose cause is the typed error, from either face', async () => {
    const { origin } = await serve((_incoming, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 20);
    });
    const api = createResilientClient({ transport: undiciTransport() });
    for (const response of [await api.fetch(origin), await api.get(origin)]) {
      const error = await read(response).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'TypeError', message: 'terminated', cause: expect.any(NetworkError) });
    }
  });
});
