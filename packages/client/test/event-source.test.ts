import type { ServerEvent } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { bodyOf, events } from './support/event-body.ts';
import { scripted } from './support/scripted.ts';

/** An event as `[data]`, `[data, event]` or `[data, event, id]`. */
type Told = readonly [data: string, event?: string, id?: string];

const told = ({ data, event, id }: ServerEvent): Told =>
  id !== undefined ? [data, event, id] : event === 'message' ? [data] : [data, event];

interface Case {
  readonly text: string;
  readonly events: readonly Told[];
  readonly lastEventId?: string;
}

/**
 * The cases of the HTML standard for event streams (section 9.2.5 "Parsing an event stream", 9.2.6 "Interpreting an event
 * stream").
 */
const cases: Readonly<Record<string, Case>> = {
  'an event ends with an empty line': { text: 'data: a\n\ndata: b\n\n', events: [['a'], ['b']] },
  'lines end with CR': { text: 'data: a\rdata: b\r\rdata: c\r\r', events: [['a\nb'], ['c']] },
  'lines end with CRLF': { text: 'data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n', events: [['a\nb'], ['c']] },
  'lines end in all three ways': { text: 'data: a\ndata: b\rdata: c\r\n\ndata: d\n\r', events: [['a\nb\nc'], ['d']] },
  'a mark at the beginning is left out': { text: '\uFEFFdata: a\n\n', events: [['a']] },
  'only one mark is': { text: '\uFEFF\uFEFFdata: a\n\ndata: b\n\n', events: [['b']] },
  'a mark later on belongs to its line': { text: 'data: a\n\n\uFEFFdata: b\n\ndata: c\n\n', events: [['a'], ['c']] },
  'data of several lines is joined by line feeds': { text: 'data: a\ndata:\ndata: b\n\n', events: [['a\n\nb']] },
  'an empty data line is data': { text: 'data\n\ndata\ndata\n\ndata:', events: [[''], ['\n']] },
  'one space after the colon is left out, no more': {
    text: 'data:a\n\ndata: a\n\ndata:  a\n\n',
    events: [['a'], ['a'], [' a']],
  },
  'a tab is no space': { text: 'data:\ta\n\n', events: [['\ta']] },
  'a space before the colon is part of the name': { text: 'data : a\n\ndata: b\n\n', events: [['b']] },
  'a line without a colon is a name': { text: 'data: a\nevent\nid\n\n', events: [['a']] },
  'colons in a value stay': { text: 'data: a:b: c\n\n', events: [['a:b: c']] },
  'names are case-sensitive': { text: 'Data: a\nDATA: b\ndata: c\n\n', events: [['c']] },
  'unknown names are left out': { text: 'foo: a\ndata: b\nbar\n\n', events: [['b']] },
  'comments are left out': { text: ': a\n:\ndata: b\n:data: c\n\n: d\n\n', events: [['b']] },
  'an event without data is none': { text: 'event: a\n\ndata: b\n\n', events: [['b']] },
  'empty lines alone are nothing': { text: '\n\n\n\ndata: a\n\n\n\n', events: [['a']] },
  'the type holds for its own event': { text: 'event: a\ndata: b\n\ndata: c\n\n', events: [['b', 'a'], ['c']] },
  'the last type of an event counts': { text: 'event: a\nevent: b\ndata: c\n\n', events: [['c', 'b']] },
  'an empty type is the usual one': { text: 'event: a\nevent:\ndata: b\n\n', events: [['b']] },
  'the order of the fields is free': {
    text: 'data: a\nid: 1\nevent: b\n\n',
    events: [['a', 'b', '1']],
    lastEventId: '1',
  },
  'an id stays until there is another': {
    text: 'id: 1\ndata: a\n\ndata: b\n\n',
    events: [['a', 'message', '1'], ['b']],
    lastEventId: '1',
  },
  'an id counts without data': { text: 'data: a\n\nid: 2\n\n', events: [['a']], lastEventId: '2' },
  'an id without data counts before the next event': {
    text: 'id: 1\n\ndata: a\n\n',
    events: [['a']],
    lastEventId: '1',
  },
  'an id counts with the end of its block': {
    text: 'id: 1\ndata: a\n\nid: 2\n',
    events: [['a', 'message', '1']],
    lastEventId: '1',
  },
  'an empty id resets it': { text: 'id: 1\ndata: a\n\nid\ndata: b\n\n', events: [['a', 'message', '1'], ['b']] },
  'an id with NULL is left out': {
    text: 'id: 1\ndata: a\n\nid: 2\u00003\ndata: b\n\n',
    events: [['a', 'message', '1'], ['b']],
    lastEventId: '1',
  },
  'an id with NULL anywhere is left out': {
    text: ['\0\0', 'x\0', '\0x', 'x\0x', ' \0'].map((id) => `id:${id}\ndata: a\n\n`).join(''),
    events: Array(5).fill(['a']),
  },
  'an id may hold any character': {
    text: 'id: ü → 🎈\ndata: a\n\n',
    events: [['a', 'message', 'ü → 🎈']],
    lastEventId: 'ü → 🎈',
  },
  'an event that is not ended is none': { text: 'data: a\n\ndata: b\n', events: [['a']] },
  'a lone CR ends a line at the end of the stream, too': {
    text: 'data: a\r\ndata\ndata: b\r\n\r',
    events: [['a\n\nb']],
  },
  'text is UTF-8': { text: 'data: ok…, ça va, 日本 🎈\n\n', events: [['ok…, ça va, 日本 🎈']] },
  'NULL in data stays': { text: 'data: \u0000a\n\n', events: [['\u0000a']] },
  'a lone BOM is an empty stream': { text: '\uFEFF', events: [] },
  'the text of a mark in another coding is text': {
    text: 'data: \u00EF\u00BB\u00BF\n\n',
    events: [['\u00EF\u00BB\u00BF']],
  },
  'an id is changed, kept and reset in turn': {
    text: 'id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\nid\ndata: d\n\ndata: e\n\n',
    events: [['a', 'message', '1'], ['b'], ['c', 'message', '2'], ['d'], ['e']],
  },
  'the last id of a block counts': {
    text: 'id: 1\nid: 2\ndata: a\n\n',
    events: [['a', 'message', '2']],
    lastEventId: '2',
  },
  'what looks like an event within data is data': {
    text: 'data: id: 7\ndata: event: x\n\n',
    events: [['id: 7\nevent: x']],
  },
  'nothing but line ends is nothing': { text: '\r\n\r\n\n\r\r', events: [] },
  'a wait is digits only': { text: 'retry: 5s\nretry: -1\nretry: 1.5\nretry\ndata: a\n\n', events: [['a']] },
};

const chunksOf = (text: string, size: number): Uint8Array[] => {
  const bytes = new TextEncoder().encode(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.slice(index * size, (index + 1) * size),
  );
};

describe.each([
  ['in one piece', Number.POSITIVE_INFINITY],
  ['byte by byte', 1],
  ['in pieces of three bytes', 3],
])('an event stream %s', (_how, size) => {
  test.for(Object.entries(cases))('%s', async ([, { text, events: expected, lastEventId }]) => {
    const { api, clock } = scripted([bodyOf(chunksOf(text, Math.min(size, 1e6))).response]);
    const stream = api.events('x');
    const read = async (): Promise<Told[]> => {
      const got: Told[] = [];
      for await (const event of stream) got.push(told(event));
      return got;
    };
    expect(await clock.run(read())).toEqual(expected);
    expect(stream.lastEventId).toBe(lastEventId);
  });
});

test('bytes that are not UTF-8 are replaced, and the stream continues', async () => {
  const { api, clock } = scripted([events(['data: ', Uint8Array.of(0xff, 0xc3), '(\n\n'])]);
  expect((await clock.run(api.events('x').next())).value?.data).toBe('��(');
});

/** Sections 9.2.2 "The EventSource interface", 9.2.3 "Processing model" and 9.2.4 "The Last-Event-ID header". */
describe('a client that reconnects as EventSource does', () => {
  const always = { resume: 'always' } as const;
  const next = (id: string): Response => events([`id: ${id}\ndata: ${id}\n\n`]);

  test.for<[string, readonly string[], string | undefined]>([
    ['sends the last id', ['id: 1\ndata: a\n\nid: 2\ndata: b\n\n'], '2'],
    ['sends none before there is one', ['data: a\n\n'], undefined],
    ['sends none after it was reset', ['id: 1\ndata: a\n\nid:\ndata: b\n\n'], undefined],
    ['sends that of a block without data', ['id: 1\ndata: a\n\nid: 7\n\n'], '7'],
    ['not that of a block that was cut', ['id: 1\ndata: a\n\nid: 7\ndata: b'], '1'],
    ['none where only a block that was cut has one', ['data: a\n\nid: 7\ndata: b'], undefined],
    ['as the bytes of UTF-8', ['id: …\ndata: a\n\ndata: b\n\n'], '\u00e2\u0080\u00a6'],
  ])('%s', async ([, chunks, id]) => {
    const { api, clock, transport } = scripted([events(chunks), 204]);
    const read = async (): Promise<void> => {
      for await (const _ of api.events('x', always));
    };
    await clock.run(read());
    expect(transport.requests[1]?.headers['last-event-id']).toBe(id);
    expect(transport.requests[1]?.headers['accept']).toBe('text/event-stream');
  });

  test('waits as long as the server’s last retry says, over connections', async () => {
    const { api, clock } = scripted([events(['retry: 100\nretry: 3000\ndata: a\n\n']), next('1'), 204]);
    const read = async (): Promise<void> => {
      for await (const _ of api.events('x', always));
    };
    await clock.run(read());
    expect(clock.now()).toBeGreaterThanOrEqual(6_000);
    expect(clock.now()).toBeLessThan(9_000);
  });

  test.for<[string, number]>([
    ['retry: 02000', 2_000],
    ['retry:2000', 2_000],
    ['retry: 1000x', 0],
    ['retry', 0],
    ['retry: -1000', 0],
    ['retry: 1e3', 0],
    ['retry: 2000\nretry', 2_000],
    ['retry: 2000\nretry: 1000x', 2_000],
  ])('%j is a wait of %i ms, or none', async ([line, ms]) => {
    const { api, clock, log } = scripted([events([`${line}\nid: 1\ndata: a\n\n`], 'break'), 204]);
    const read = async (): Promise<void> => {
      for await (const _ of api.events('x'));
    };
    await clock.run(read());
    const [{ delayMs = 0 } = {}] = log.events.filter(({ type }) => type === 'stream.interrupted') as {
      delayMs?: number;
    }[];
    // The backoff of the policy is 125 ms here.
    if (ms === 0) expect(delayMs).toBe(125);
    else expect(delayMs).toBeGreaterThanOrEqual(ms);
  });

  test('keeps its last id while connections send none', async () => {
    const script = [events(['id: 1\ndata: a\n\n']), events(['data: b\n\n']), events([]), 204];
    const { api, clock, transport } = scripted(script);
    const read = async (): Promise<void> => {
      for await (const _ of api.events('x', always));
    };
    await clock.run(read());
    expect(transport.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1', '1', '1']);
  });

  test('takes a stream with any status of success: a POST may be answered by 201', async () => {
    for (const status of [201, 202, 210, 299]) {
      const { api, clock } = scripted([
        new Response('data: a\n\n', { status, headers: { 'content-type': 'text/event-stream' } }),
      ]);
      expect((await clock.run(api.events('x').next())).value?.data).toBe('a');
    }
  });

  test('fails with an error status, and does not reconnect', async () => {
    for (const status of [400, 404, 410, 501]) {
      const { api, clock, transport } = scripted([
        new Response('data: a\n\n', { status, headers: { 'content-type': 'text/event-stream' } }),
      ]);
      const error = await clock.run(
        api
          .events('x', always)
          .next()
          .catch((reason: unknown) => reason),
      );
      expect(error).toMatchObject({ code: 'API_ERROR', status });
      expect(transport.requests).toHaveLength(1);
    }
  });

  test('takes only an event stream, whatever the parameters and the case of its type', async () => {
    const types = [
      'Text/Event-Stream',
      'text/event-stream; charset=utf-8',
      'text/event-stream;x=y',
      'text/event-stream;',
      'text/event-stream;x="a,b"',
      'text/event-stream, text/event-stream',
      'text/html, text/event-stream; charset=utf-8',
      'text/event-stream, text/html',
      'text/event-stream x',
      'text/x-bogus',
      'text/event-streams',
    ];
    const read = types.map(async (type) => {
      const { api, clock } = scripted([bodyOf(['data: a\n\n'], 'end', { 'content-type': type }).response]);
      const result = clock.run(api.events('x').next());
      return result.then(
        ({ value }) => value?.data,
        (error: { code: string }) => error.code,
      );
    });
    expect(await Promise.all(read)).toEqual([...Array(7).fill('a'), ...Array(4).fill('INVALID_BODY')]);
  });
});
