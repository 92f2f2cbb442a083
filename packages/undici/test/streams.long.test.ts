import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { undiciTransport } from '@holdfast/undici';
import { type ClientOptions, createResilientClient, type EventsOptions, type ResilientClient } from 'holdfast';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

/** What the server does with the requests of one test, in turn; the last step holds for all that follow. */
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

const event = (id: number, data = `event ${id} – 🎈`): string => `id: ${id}\ndata: ${data}\n\n`;

/** An event stream that says this, and then ends, is reset, or says nothing more. */
function says(parts: readonly (string | Uint8Array)[], end: 'end' | 'reset' | 'silence', every?: string): Step {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const whole = Buffer.concat(parts.map((part) => Buffer.from(part)));
    response.write(whole.length > 0 ? whole : ':\n', () => {
      if (end === 'end') response.end();
      if (end === 'reset') setImmediate(() => response.destroy());
    });
    if (every === undefined) return;
    const drip = setInterval(() => response.write(every), 10);
    response.on('close', () => clearInterval(drip));
  };
}

/** Says all events after the one that the client names. */
const goesOn: Step = (response, headers) => {
  const last = Number(headers['last-event-id'] ?? 0);
  says(
    [1, 2, 3, 4].filter((id) => id > last).map((id) => event(id)),
    'end',
  )(response, headers);
};

const status =
  (code: number): Step =>
  (response) =>
    response.writeHead(code).end();

async function read(options: EventsOptions, clientOptions: ClientOptions): Promise<{ ids: string; end: string }> {
  client = createResilientClient({ random: () => 0, ...clientOptions });
  const ids: string[] = [];
  try {
    for await (const { id, data } of client.events(origin, options)) {
      expect(data).toBe(`event ${id} – 🎈`);
      ids.push(String(id));
    }
    return { ids: ids.join(), end: 'end' };
  } catch (error) {
    const { code, cause } = error as { code: string; cause?: { code?: string } };
    return { ids: ids.join(), end: code === 'STREAM_INTERRUPTED' ? `${code} by ${cause?.code}` : code };
  }
}

const cut = (text: string, at: number): Uint8Array => Buffer.from(text).subarray(0, at);
const balloon = Buffer.from(event(2)).indexOf(Buffer.from('🎈')) + 2;
const on: EventsOptions = { idleTimeout: 300 };
const whole = { ids: '1,2,3,4', end: 'end' };

interface Fault {
  readonly steps: readonly Step[];
  readonly options?: EventsOptions;
  readonly comes: { readonly ids: string; readonly end: string };
  /** The `Last-Event-ID` of each request. */
  readonly asks: readonly (string | undefined)[];
}

const faults: Readonly<Record<string, Fault>> = {
  'overloaded, then well': { steps: [status(503), goesOn], comes: whole, asks: [undefined, undefined] },
  'reset before the first event': {
    steps: [says([': hi\n\n'], 'reset'), goesOn],
    comes: whole,
    asks: [undefined, undefined],
  },
  'reset between events': {
    steps: [says([event(1), event(2)], 'reset'), goesOn],
    comes: whole,
    asks: [undefined, '2'],
  },
  'reset in an event': {
    steps: [says([event(1), 'id: 2\ndata: eve'], 'reset'), goesOn],
    comes: whole,
    asks: [undefined, '1'],
  },
  'reset in a character': {
    steps: [says([event(1), cut(event(2), balloon)], 'reset'), goesOn],
    comes: whole,
    asks: [undefined, '1'],
  },
  'reset after the last event': {
    steps: [
      says(
        [1, 2, 3, 4].map((id) => event(id)),
        'reset',
      ),
      status(204),
    ],
    comes: whole,
    asks: [undefined, '4'],
  },
  'ended in an event': {
    steps: [says([event(1), 'id: 2\ndata: eve'], 'end'), goesOn],
    options: { until: ({ id }) => id === '4' },
    comes: whole,
    asks: [undefined, '1'],
  },
  'silent before the first event': { steps: [says([], 'silence'), goesOn], comes: whole, asks: [undefined, undefined] },
  'silent between events': { steps: [says([event(1)], 'silence'), goesOn], comes: whole, asks: [undefined, '1'] },
  'silent for ever': {
    steps: [says([], 'silence')],
    comes: { ids: '', end: 'IDLE_TIMEOUT' },
    asks: [undefined, undefined, undefined],
  },
  'comments for ever': {
    steps: [says([event(1)], 'silence', ': hi\n'), goesOn],
    options: { eventTimeout: 300 },
    comes: whole,
    asks: [undefined, '1'],
  },
  'an event that drips': {
    steps: [says([event(1), 'id: 2\ndata: '], 'silence', 'x'), goesOn],
    options: { eventTimeout: 300 },
    comes: whole,
    asks: [undefined, '1'],
  },
  'reset without ids': {
    steps: [says(['data: event undefined – 🎈\n\n'], 'reset')],
    comes: { ids: 'undefined', end: 'STREAM_INTERRUPTED by NETWORK' },
    asks: [undefined],
  },
  'overloaded when it is to go on': {
    steps: [says([event(1)], 'reset'), status(503)],
    comes: { ids: '1', end: 'STREAM_INTERRUPTED by API_ERROR' },
    asks: [undefined, '1'],
  },
  'another type when it is to go on': {
    steps: [
      says([event(1)], 'reset'),
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    ],
    comes: { ids: '1', end: 'STREAM_INTERRUPTED by INVALID_BODY' },
    asks: [undefined, '1'],
  },
};

describe.each([
  ['fetch', (): ClientOptions => ({})],
  ['undici', (): ClientOptions => ({ transport: undiciTransport() })],
])('a stream of events over %s', (_name, options) => {
  test.for(Object.entries(faults))('%s', async ([, fault]) => {
    steps = [...fault.steps];
    expect(await read({ ...on, ...fault.options }, options())).toEqual(fault.comes);
    expect(asked.map((headers) => headers['last-event-id'])).toEqual(fault.asks);
  });

  test('an id goes out as UTF-8', async () => {
    steps = [says(['id: ü→🎈\ndata: event ü→🎈 – 🎈\n\n'], 'reset'), status(204)];
    expect(await read(on, options())).toEqual({ ids: 'ü→🎈', end: 'end' });
    expect(Buffer.from(asked[1]?.['last-event-id'] as string, 'latin1').toString()).toBe('ü→🎈');
  });

  test('a loop that is left closes the connection', async () => {
    const closed = new Promise<void>((resolve) => {
      steps = [
        (response, headers) => {
          response.on('close', resolve);
          says([event(1)], 'silence')(response, headers);
        },
      ];
    });
    client = createResilientClient(options());
    for await (const _ of client.events(origin)) break;
    await closed;
    expect(client.snapshot().callsInFlight).toBe(0);
  });

  test('JSON lines that break in a character are interrupted after the last whole one', async () => {
    const bytes = Buffer.from('1\n"€"\n');
    steps = [
      (response) => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        response.write(bytes.subarray(0, 4), () => setImmediate(() => response.destroy()));
      },
    ];
    client = createResilientClient(options());
    const lines: unknown[] = [];
    const reading = (async () => {
      for await (const line of client.lines(origin)) lines.push(line);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'STREAM_INTERRUPTED', eventsReceived: 1 });
    expect(lines).toEqual([1]);
  });
});
