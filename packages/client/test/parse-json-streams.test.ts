import { type ClientOptions, type EventsOptions, LineError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { bodyOf, events } from './support/event-body.ts';
import { rejection, type Scene, scripted } from './support/scripted.ts';

type ParseJson = NonNullable<ClientOptions['parseJson']>;

const lines = (...chunks: readonly string[]): Response =>
  bodyOf(chunks, 'end', { 'content-type': 'application/x-ndjson' }).response;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of items) got.push(item);
  return got;
}

const dates: ParseJson = (text) => JSON.parse(text, (_key, value) => (/^\d{4}-/.test(value) ? new Date(value) : value));
const date = new Date('2026-01-02');

describe('lines() reads each line by parseJson', () => {
  test.for<[string, (parseJson: ParseJson) => Promise<unknown[]>]>([
    ['of the client', (parseJson) => read(scripted([lines('{"at":"2026-01-02"}\n2')], { parseJson }))],
    ['of the call', (parseJson) => read(scripted([lines('{"at":"2026-01-02"}\n2')]), { parseJson })],
    [
      'of an init hook',
      (parseJson) => {
        const init = [(options: object) => void Object.assign(options, { parseJson })];
        return read(scripted([lines('{"at":"2026-01-02"}\n2')], { hooks: { init } as never }));
      },
    ],
  ])('%s', async ([, reading]) => {
    expect(await reading(dates)).toEqual([{ at: date }, 2]);
  });

  test('with the request and the answer, in the order of the stream, whatever it returns', async () => {
    const answer = lines('1\n2\n', '3\n4\n5\n');
    const contexts: { request: Request; response: Response }[] = [];
    const values: Record<string, unknown> = { 1: undefined, 2: null, 3: Promise.resolve('three'), 4: 'four' };
    const scene = scripted([answer], {
      parseJson(text, context) {
        contexts.push(context);
        return text in values ? values[text] : Promise.resolve(undefined);
      },
    });
    expect(await read(scene)).toEqual([undefined, null, 'three', 'four', undefined]);
    expect(contexts).toHaveLength(5);
    expect(contexts[0]?.request.url).toBe(scene.transport.requests[0]?.url);
    expect(contexts[0]?.response.headers.get('content-type')).toBe('application/x-ndjson');
  });

  test.for<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new SyntaxError('not for me');
      },
    ],
    [
      'rejects',
      async () => {
        throw new SyntaxError('not for me');
      },
    ],
  ])('which %s for a line: LineError, after all that came before it', async ([, fail]) => {
    const scene = scripted([lines('1\n\n2\n3\n')], { parseJson: (text) => (text === '2' ? fail() : text) });
    const got: unknown[] = [];
    const reading = async (): Promise<void> => {
      for await (const line of scene.api.lines('x')) got.push(line);
    };
    const error = await scene.clock.run(rejection(reading()));
    expect(got).toEqual(['1']);
    expect(error).toBeInstanceOf(LineError);
    expect(error).toMatchObject({ line: 3, cause: { message: 'not for me' } });
    expect(scene.log.events.at(-1)).toMatchObject({ type: 'call.ended', errorCode: 'BROKEN_LINE' });
    expect(scene.api.snapshot().callsInFlight).toBe(0);
  });

  test('which throws an error of its own: that one comes', async () => {
    const own = new RangeError('mine');
    const { api, clock } = scripted([lines('1\n')], { parseJson: () => Promise.reject(own) });
    expect(await clock.run(rejection(api.lines('x').next()))).toBe(own);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test.for<[string, (stream: { close(): void }, leaving: AbortController) => void, unknown]>([
    ['close()', (stream) => stream.close(), { done: true }],
    ['an abort', (_stream, leaving) => leaving.abort('left'), 'left'],
  ])('which never answers: %s ends the stream', async ([, leave, end]) => {
    const { api, clock } = scripted([lines('1\n2\n')], { parseJson: () => new Promise(() => {}) });
    const leaving = new AbortController();
    const stream = api.lines('x', { signal: leaving.signal });
    const next = stream.next().catch((error: unknown) => error);
    await clock.settle();
    leave(stream, leaving);
    if (typeof end === 'string') expect(await next).toBe(end);
    else expect(await next).toMatchObject(end as object);
    expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
  });

  test('several readers get the lines in turn', async () => {
    const { api, clock } = scripted([lines('1\n2\n3\n')], { parseJson: async (text) => Number(text) });
    const stream = api.lines('x');
    const four = [stream.next(), stream.next(), stream.next(), stream.next()];
    expect(await clock.run(Promise.all(four))).toMatchObject([
      { value: 1 },
      { value: 2 },
      { value: 3 },
      { done: true },
    ]);
  });
});

describe('json() of an event is read by parseJson', () => {
  const stream = (): Response =>
    events(['id: 1\ndata: {"at":"2026-01-02"}\n\n', 'id: 2\ndata: {"at":"2026-01-02"}\n\n'], 'break');

  test('for the caller, isFailure, until and resume', async () => {
    const seen: unknown[] = [];
    const see = (event: { json?(): unknown }): undefined => void seen.push(event.json?.());
    const options: EventsOptions = {
      isFailure: (event) => see(event) ?? false,
      until: (event) => see(event) ?? false,
      resume: see,
    };
    const { api, clock } = scripted([stream()], { parseJson: dates });
    const got: unknown[] = [];
    const reading = async (): Promise<void> => {
      for await (const event of api.events('x', options)) got.push(event.json());
    };
    expect(await clock.run(rejection(reading()))).toMatchObject({ code: 'STREAM_INTERRUPTED' });
    expect(got).toEqual([{ at: date }, { at: date }]);
    expect(seen).toEqual(Array(5).fill({ at: date }));
  });

  test('with the request and the answer', async () => {
    const contexts: { request: Request; response: Response }[] = [];
    const parseJson: ParseJson = (_text, context) => contexts.push(context);
    const { api, clock } = scripted([stream()], { parseJson });
    const { value } = await clock.run(api.events('x').next());
    expect(value?.json()).toBe(1);
    expect(contexts[0]?.request.url).toMatch(/x$/);
    expect(contexts[0]?.response.headers.get('content-type')).toBe('text/event-stream');
    expect(JSON.stringify(value)).toBe(JSON.stringify({ event: 'message', data: '{"at":"2026-01-02"}', id: '1' }));
  });
});

function read({ api, clock }: Scene, options: EventsOptions = {}): Promise<unknown[]> {
  return clock.run(all(api.lines('x', options as never)));
}
