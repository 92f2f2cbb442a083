import type { ServerEvent } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { type BodyEnd, bodyOf, events } from './support/event-body.ts';
import { baseUrl, rejection, type Scene, scripted } from './support/scripted.ts';

/**
 * The files of the folder `eventsource` of web-platform-tests that concern a parser or a client that reconnects: what
 * their server sends, and what they expect. Their other files concern the interface `EventSource` of a page.
 */

/** An event as `[data]`, or as `[data, event]` where it names a type. */
type Told = readonly [data: string, event?: string];

interface File {
  readonly sent: string;
  readonly events: readonly Told[];
  /** `lastEventId` with each event; all of theirs are empty where it is absent. */
  readonly ids?: readonly string[];
}

const long = 'x'.repeat(2 * 1024);
/** Their server ends each message with this, unless it is told not to. */
const end = '\n\n\n';

const files: Readonly<Record<string, File>> = {
  'event-data': {
    sent: 'data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n',
    events: [['msg\nmsg'], [''], ['end']],
  },
  'format-bom': { sent: `\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3${end}`, events: [['1'], ['3']] },
  'format-bom-2': { sent: `\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3${end}`, events: [['2'], ['3']] },
  'format-comments': {
    sent: `data:1\r:\0\n:\r\ndata:2\n:${long}\rdata:3\n:data:fail\r:${long}\ndata:4\n\n`,
    events: [['1\n2\n3\n4']],
  },
  'format-data-before-final-empty-line': {
    sent: 'retry:1000\ndata:test1\n\nid:test\ndata:test2\n',
    events: [['test1']],
  },
  'format-field-data': { sent: `data:\n\ndata\ndata\n\ndata:test${end}`, events: [[''], ['\n'], ['test']] },
  'format-field-event': { sent: `event:test\ndata:x\n\ndata:x${end}`, events: [['x', 'test'], ['x']] },
  'format-field-event-empty': { sent: `event: \ndata:data${end}`, events: [['data']] },
  'format-field-id-3, persists': {
    sent: 'id: 1\ndata: 1\n\ndata:2\n\n',
    events: [['1'], ['2']],
    ids: ['1', '1'],
  },
  'format-field-id-3, changes and persists': {
    sent: 'id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n',
    events: [['1'], ['2'], ['3']],
    ids: ['1', '2', '2'],
  },
  'format-field-id-3, resets (empty id)': {
    sent: 'id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n',
    events: [['1'], ['2'], ['3']],
    ids: ['1', '', ''],
  },
  'format-field-id-3, resets (no value)': {
    sent: 'id: 1\ndata: 1\n\nid\ndata:2\n\ndata:3\n\n',
    events: [['1'], ['2'], ['3']],
    ids: ['1', '', ''],
  },
  'format-field-parsing': {
    sent: 'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    events: [['\0\n 2\n1\n3\n\n4']],
  },
  'format-field-retry-empty': { sent: `retry\ndata:test${end}`, events: [['test']] },
  'format-field-unknown': {
    sent: `data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test${end}`,
    events: [['test\n\ntest']],
  },
  'format-leading-space': { sent: `data:\ttest\rdata: \ndata:test${end}`, events: [['\ttest\n\ntest']] },
  'format-newlines': { sent: 'data:test\r\ndata\ndata:test\r\n\r\n', events: [['test\n\ntest']] },
  'format-null-character': { sent: `data:\0\n\n${end}`, events: [['\0']] },
  'format-utf-8': { sent: `data:ok…${end}`, events: [['ok…']] },
  'eventsource-from-readable-stream': {
    sent: 'data: cr\r\rdata: lf\n\ndata: crlf\r\n\r\nevent: custom\ndata: hello\n\n: comment\ndata: hello\ndata: world\n\n',
    events: [['cr'], ['lf'], ['crlf'], ['hello', 'custom'], ['hello\nworld']],
  },
};

const type = 'text/event-stream;charset=windows-1252';

const piecesOf = (text: string, size: number): Uint8Array[] => {
  const bytes = new TextEncoder().encode(text);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.slice(index * size, (index + 1) * size));
};

const told = ({ data, event }: ServerEvent): Told => (event === 'message' ? [data] : [data, event]);

describe.each([
  ['in one piece', 1e6],
  ['byte by byte', 1],
  ['in pieces of five bytes', 5],
])('their stream %s:', (_how, size) => {
  test.for(Object.entries(files))('%s', async ([, { sent, events: expected, ids }]) => {
    const { api, clock } = scripted([bodyOf(piecesOf(sent, size), 'end', { 'content-type': type }).response]);
    const stream = api.events('x');
    const seen: Told[] = [];
    const seenIds: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of stream) {
        seen.push(told(event));
        seenIds.push(stream.lastEventId ?? '');
      }
    };
    await clock.run(read());
    expect(seen).toEqual(expected);
    expect(seenIds).toEqual(ids ?? expected.map(() => ''));
  });
});

/** Reads as EventSource does, until the server says that there is no more. */
async function channel(script: Parameters<typeof scripted>[0]): Promise<Scene & { readonly data: readonly string[] }> {
  const scene = scripted(script);
  const data: string[] = [];
  const read = async (): Promise<void> => {
    for await (const event of scene.api.events('x', { resume: 'always' })) data.push(event.data);
  };
  await scene.clock.run(read());
  return { ...scene, data };
}

const idsSent = ({ transport }: Scene): (string | undefined)[] =>
  transport.requests.map(({ headers }) => headers['last-event-id']);

describe('their reconnections:', () => {
  /** The server sends the id back that it has received. */
  const echo = (): Response => events(['data: …\n\n']);
  const hello = (id: string): Response => events([`id: ${id}\nretry: 200\ndata: hello\n\n`]);

  test.for<[string, number]>([
    ['format-field-id', 1],
    ['format-field-id-2', 2],
  ])('%s', async ([, echoes]) => {
    const scene = await channel([hello('…'), ...Array.from({ length: echoes }, echo), 204]);
    const bytes = '\u00e2\u0080\u00a6';
    expect(scene.data).toEqual(['hello', ...Array(echoes).fill('…')]);
    expect(idsSent(scene)).toEqual([undefined, ...Array(echoes + 1).fill(bytes)]);
  });

  test.each(['\0\0', 'x\0', '\0x', 'x\0x', ' \0'])('format-field-id-null: %j', async (id) => {
    const scene = await channel([hello(id), hello(id), 204]);
    expect([scene.data, idsSent(scene)]).toEqual([
      ['hello', 'hello'],
      [undefined, undefined, undefined],
    ]);
  });

  test('format-data-before-final-empty-line: an id of a block that is cut is not sent', async () => {
    const cut = (): Response => events(['retry:1000\ndata:test1\n\nid:test\ndata:test2\n']);
    const scene = await channel([cut(), cut(), 204]);
    expect([scene.data, idsSent(scene)]).toEqual([
      ['test1', 'test1'],
      [undefined, undefined, undefined],
    ]);
  });

  test.for<[string, string, number]>([
    ['format-field-retry', 'retry:02000\ndata:x', 2_000],
    ['format-field-retry-bogus', 'retry:2000\nretry:1000x\ndata:x', 2_000],
  ])('%s', async ([, sent, ms]) => {
    const { data, clock } = await channel([events([sent + end]), 204]);
    expect(data).toEqual(['x']);
    expect(clock.now()).toBeGreaterThanOrEqual(ms);
    expect(clock.now()).toBeLessThan(1.5 * ms);
  });

  test('eventsource-reconnect: after an end with no event, and after one with an event', async () => {
    expect((await channel([events(['retry: 2\n']), events(['data: data\n\n']), 204])).data).toEqual(['data']);
    const { data } = await channel([events(['retry: 2\ndata: ok\n\n']), events(['data: data\n\n']), 204]);
    expect(data).toEqual(['ok', 'data']);
  });

  test('eventsource-close: 204 ends the stream for good', async () => {
    const scene = await channel([events(['retry: 2\ndata: opened\n\n']), events(['data: reconnected\n\n']), 204]);
    expect([scene.data, scene.transport.requests.length, scene.clock.pending]).toEqual([
      ['opened', 'reconnected'],
      3,
      0,
    ]);
  });

  test.each(['abc', 'e5p3n<3k0k0s', 'a'.repeat(255)])('eventsource-cross-origin-preflight: %s', async (id) => {
    expect(idsSent(await channel([hello(id), 204]))).toEqual([undefined, id]);
  });

  test.each<BodyEnd>(['end', 'break'])('eventsource-from-readable-stream: no reconnection after %s', async (how) => {
    const { api, clock, transport } = scripted([events(['data: hello\n\n'], how)]);
    const stream = api.events('x', { resume: false });
    expect((await clock.run(stream.next())).value?.data).toBe('hello');
    if (how === 'break') await clock.run(rejection(stream.next()));
    expect((await clock.run(stream.next())).done).toBe(true);
    expect(transport.requests).toHaveLength(1);
  });
});

describe('their requests:', () => {
  test('eventsource-request-cancellation: a stream that is closed before its headers opens no more', async () => {
    let signal: AbortSignal | undefined;
    const { api, clock, transport } = scripted([
      (_request, given) => {
        signal = given;
        return new Promise<Response>((_resolve, reject) => {
          given?.addEventListener('abort', () => reject(given.reason));
        });
      },
    ]);
    const stream = api.events('x', { resume: 'always' });
    const next = stream.next();
    await clock.settle();
    stream.close();
    expect(await clock.run(next)).toEqual({ done: true, value: undefined });
    expect([signal?.aborted, transport.requests.length, clock.pending]).toEqual([true, 1, 0]);
  });

  test('eventsource-url, request-accept', async () => {
    const { transport } = await channel([events(['data: a\n\n']), 204]);
    expect(transport.requests.map(({ url, headers }) => [url, headers['accept']])).toEqual(
      Array(2).fill([`${baseUrl}x`, 'text/event-stream']),
    );
  });

  test.for<[string, string, boolean]>([
    ['format-mime-bogus', 'x bogus', false],
    ['format-mime-valid-bogus', 'text/x-bogus', false],
    ['format-mime-trailing-semicolon', 'text/event-stream;', true],
  ])('%s', async ([, mime, isTaken]) => {
    const { api, clock } = scripted([bodyOf(['data: data\n\n'], 'end', { 'content-type': mime }).response]);
    const first = clock.run(api.events('x', { resume: 'always' }).next());
    if (isTaken) expect((await first).value?.data).toBe('data');
    else expect(await rejection(first)).toMatchObject({ code: 'INVALID_BODY' });
  });

  /** 210 and 299 are streams here, since APIs answer a POST by 201; a 503 is retried first. */
  test.for<[number, unknown]>([
    [204, 'nothing'],
    [205, 'nothing'],
    [404, 'API_ERROR'],
    [410, 'API_ERROR'],
    [503, 'API_ERROR'],
    [210, 'a stream'],
    [299, 'a stream'],
  ])('request-status-error: %i', async ([status, result]) => {
    const answer = (): Response => {
      const body = status === 204 || status === 205 ? null : 'data: data\n\n';
      return new Response(body, { status, headers: { 'content-type': 'text/event-stream' } });
    };
    const { api, clock } = scripted([answer, answer, answer]);
    const first = clock.run(api.events('x').next());
    const seen = first.then(
      ({ done }) => (done ? 'nothing' : 'a stream'),
      ({ code }: { code: string }) => code,
    );
    expect(await seen).toBe(result);
  });
});
