import { type CallOptions, LineError, StreamInterruptedError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { type BodyEnd, bodyOf } from './support/event-body.ts';
import { baseUrl, scripted } from './support/scripted.ts';

type Ended = readonly [items: unknown[], error?: Error];

async function all(stream: AsyncIterable<unknown>): Promise<Ended> {
  const items: unknown[] = [];
  try {
    for await (const item of stream) items.push(item);
  } catch (error) {
    return [items, error as Error];
  }
  return [items];
}

const lines = (chunks: readonly (string | Uint8Array)[], end?: BodyEnd): Response =>
  bodyOf(chunks, end, { 'content-type': 'application/x-ndjson' }).response;

async function read(script: readonly (Response | number)[], options: CallOptions = {}): Promise<Ended> {
  const { api, clock } = scripted(script);
  return clock.run(all(api.lines('x', options)));
}

const euro = new TextEncoder().encode('"€"\n');

describe('lines()', () => {
  test.for<[string, readonly (string | Uint8Array)[], unknown[]]>([
    ['gives each line as soon as it is whole', ['{"n":1}\n{"n"', ':2}\n', '3'], [{ n: 1 }, { n: 2 }, 3]],
    ['takes CRLF, and skips what is empty', ['1\r\n\r\n  \n2\r\n'], [1, 2]],
    ['joins a line that comes in many chunks', [...'["a long one",  1]', '\n'], [['a long one', 1]]],
    ['leaves a mark at the beginning out', ['\uFEFF1\n2\n'], [1, 2]],
    ['reads characters that are cut', [euro.slice(0, 2), euro.slice(2)], ['€']],
    ['has nothing to give of an empty body', [], []],
    ['gives null and false like any other', ['null\nfalse\n'], [null, false]],
  ])('%s', async ([, chunks, items]) => {
    expect(await read([lines(chunks)])).toEqual([items]);
  });

  test('a line that is no JSON is a LineError, after all that came before it', async () => {
    const [items, error] = await read([lines(['1\n\n2\n{"n":\n4\n'])]);
    expect(items).toEqual([1, 2]);
    expect(error).toBeInstanceOf(LineError);
    expect(error).toMatchObject({ code: 'BROKEN_LINE', line: 4 });
    expect(error?.cause).toBeInstanceOf(SyntaxError);
    expect(error?.message).toBe(`A line of the stream is not JSON: GET ${baseUrl}x, line 4`);
  });

  test('is retried before the first line, and interrupted after it', async () => {
    expect(await read([lines([], 'break'), 503, lines(['1\n'])])).toEqual([[1]]);
    const [items, error] = await read([lines(['1\n2\n3'], 'break')]);
    expect(items).toEqual([1, 2]);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ eventsReceived: 2, cause: { code: 'NETWORK' } });
  });

  test('a first line that is no JSON is not retried', async () => {
    expect(await read([lines(['<html>\n'])])).toMatchObject([[], { code: 'BROKEN_LINE', line: 1 }]);
  });

  test('a stall ends it by its own default, and by that of the client or the call', async () => {
    const { api, clock } = scripted([lines(['1\n'], 'stall'), lines(['1\n'], 'stall')]);
    expect(await clock.run(all(api.lines('x')))).toMatchObject([[1], { cause: { code: 'IDLE_TIMEOUT' } }]);
    expect(clock.now()).toBe(300_000);
    const own = scripted([lines(['1\n'], 'stall')], { idleTimeout: 5_000 });
    expect(await own.clock.run(all(own.api.lines('x')))).toMatchObject([[1], { cause: { limitMs: 5_000 } }]);
  });

  test('releases the rest of the body', async () => {
    const { response, seen } = bodyOf(['1\n2\n'], 'stall');
    const { api, clock } = scripted([response]);
    const stream = api.lines<number>('x');
    expect((await clock.run(stream.next())).value).toBe(1);
    await stream.return?.();
    expect(seen.cancelled).toBeDefined();
    expect(api.snapshot().callsInFlight).toBe(0);
  });
});
