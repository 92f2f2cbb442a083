import { type CallOptions, type EventsOptions, RequestRefusedError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { type BodyEnd, bodyOf } from './support/event-body.ts';
import { baseUrl, type Scene, scripted } from './support/scripted.ts';

const encoder = new TextEncoder();
const text = (length: number): string => 'x'.repeat(length);

/** What a stream has delivered, and its error. */
interface Told {
  readonly got: readonly string[];
  readonly error?: unknown;
}

interface Way {
  readonly read: (scene: Scene, options?: EventsOptions) => AsyncIterable<{ data: string } | string>;
  readonly item: (data: string) => string;
  readonly type: string;
  /** Which error names it, and how. */
  readonly noun: string;
}

const ways: Readonly<Record<string, Way>> = {
  'events()': {
    read: ({ api }, options) => api.events('x', options),
    item: (data) => `id: 1\ndata: ${data}\n\n`,
    type: 'text/event-stream',
    noun: 'event',
  },
  'lines()': {
    read: ({ api }, options) => api.lines<string>('x', options as CallOptions),
    item: (data) => `"${data.slice(2)}"\n`,
    type: 'application/x-ndjson',
    noun: 'line',
  },
};

async function told(stream: AsyncIterable<{ data: string } | string>): Promise<Told> {
  const got: string[] = [];
  try {
    for await (const item of stream) got.push(typeof item === 'string' ? `${item}xx` : item.data);
  } catch (error) {
    return { got, error };
  }
  return { got };
}

describe.each(Object.entries(ways))('%s', (_name, { read, item, type, noun }) => {
  const stream = (chunks: readonly (string | Uint8Array)[], end?: BodyEnd) =>
    bodyOf(chunks, end, { 'content-type': type });
  const inPieces = (whole: string, size = 10): string[] => whole.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];

  test.each([
    ['at once', (whole: string) => [whole]],
    ['in pieces', inPieces],
  ])('takes items of exactly maxResponseBytes, however many, %s', async (_how, cut) => {
    const scene = scripted([stream(cut(item(text(100)).repeat(20))).response], { maxResponseBytes: 100 });
    expect(await scene.clock.run(told(read(scene)))).toEqual({ got: Array(20).fill(text(100)) });
  });

  test.each([
    ['at once', (whole: string) => [whole]],
    ['in pieces', inPieces],
  ])('refuses a longer one, after all that came before it, %s', async (_how, cut) => {
    const broken = stream(cut(`${item(text(100))}${item(text(101))}`));
    const scene = scripted([broken.response], { maxResponseBytes: 100 });
    const { got, error } = await scene.clock.run(told(read(scene)));
    expect(got).toEqual([text(100)]);
    expect(error).toBeInstanceOf(RequestRefusedError);
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', applied: 'yes' });
    expect((error as Error).message).toBe(
      `Stream has ${noun === 'event' ? 'an event' : 'a line'} that is longer than maxResponseBytes (100): GET ${baseUrl}x`,
    );
    expect(scene.transport.requests).toHaveLength(1);
    expect(scene.log.events.at(-1)).toMatchObject({ type: 'call.ended', errorCode: 'RESPONSE_TOO_LARGE' });
  });

  test('reads no more of one without an end, which is neither retried nor resumed', async () => {
    const endless = stream([item('abc'), item(text(4_000)).slice(0, 1_500), text(1_500), text(10)], 'stall');
    const scene = scripted([endless.response], { maxResponseBytes: 1_000 });
    const { got, error } = await scene.clock.run(told(read(scene)));
    expect([got, (error as { code: string }).code]).toEqual([
      ['abc'].map((data) => (noun === 'event' ? data : 'cxx')),
      'RESPONSE_TOO_LARGE',
    ]);
    expect(endless.seen.cancelled).toBeDefined();
    expect([scene.transport.requests.length, scene.clock.now(), scene.clock.pending]).toEqual([1, 0, 0]);
    expect(scene.api.snapshot().callsInFlight).toBe(0);
  });

  test('refuses one without an end by default, too', async () => {
    const mebibyte = encoder.encode(text(1024 * 1024));
    const endless = stream([item('abc').slice(0, -2), ...Array<Uint8Array>(66).fill(mebibyte)], 'stall');
    const scene = scripted([endless.response]);
    const { error } = await scene.clock.run(told(read(scene)));
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    expect(scene.clock.now()).toBe(0);
  });
});

test('an event of many lines counts as a whole, and neither comments nor other fields count', async () => {
  const lines = 'data: abcdefghi\n'.repeat(10);
  const around = ': a comment\nfoo: bar\n\n'.repeat(50);
  const whole = `${around}id: 1\nevent: a\n${lines}\n${around}data: z\n\n`;
  for (const cut of [[whole], whole.match(/[\s\S]{1,7}/g) as string[]]) {
    const scene = scripted([bodyOf(cut).response], { maxResponseBytes: 99 });
    expect((await scene.clock.run(told(scene.api.events('x')))).got).toEqual([
      Array(10).fill('abcdefghi').join('\n'),
      'z',
    ]);
    const less = scripted([bodyOf(cut).response], { maxResponseBytes: 98 });
    expect(await less.clock.run(told(less.api.events('x')))).toMatchObject({
      got: [],
      error: { code: 'RESPONSE_TOO_LARGE' },
    });
  }
});
