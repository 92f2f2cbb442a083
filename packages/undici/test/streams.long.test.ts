import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { undiciTransport } from '@holdfast/undici';
import { type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

/** What the server does with the requests of one test, in turn; the last step applies to all further requests. */
type Step = (response: ServerResponse, headers: NodeJS.Dict<string | string[]>) => void;

let server: Server;
let origin: string;
let steps: Step[] = [];
let asked: NodeJS.Dict<string | string[]>[] = [];
let client: ResilientClient | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers);
    const step = steps.length > 1 ? steps.shift() : steps[0];
    step?.(response, request.headers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  await client?.close();
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** An event stream with this text, which is then reset, or stalls. `npm test -- hostile` covers further faults. */
function says(text: string, end: 'reset' | 'silence'): Step {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => {
      if (end === 'reset') setImmediate(() => response.destroy());
    });
  };
}

describe.each([
  ['fetch', (): ClientOptions => ({})],
  ['undici', (): ClientOptions => ({ transport: undiciTransport() })],
])('a stream of events over %s', (_name, options) => {
  test('an id goes out as UTF-8', async () => {
    steps = [says('id: ü→🎈\ndata: 1\n\n', 'reset'), (response) => response.writeHead(204).end()];
    client = createResilientClient({ random: () => 0, ...options() });
    const ids: unknown[] = [];
    for await (const { id } of client.events(origin)) ids.push(id);
    expect(ids).toEqual(['ü→🎈']);
    expect(Buffer.from(asked[1]?.['last-event-id'] as string, 'latin1').toString()).toBe('ü→🎈');
  });

  test('a loop that is left closes the connection', async () => {
    const closed = new Promise<void>((resolve) => {
      steps = [
        (response, headers) => {
          response.on('close', resolve);
          says('data: 1\n\n', 'silence')(response, headers);
        },
      ];
    });
    client = createResilientClient(options());
    for await (const _ of client.events(origin)) break;
    await closed;
    expect(client.snapshot().callsInFlight).toBe(0);
  });
});
