import type { Step } from '@holdfast/core/testing';
import { bearerToken, type ClientOptions, type EventsOptions, ky, type ServerEvent } from 'holdfast';
import { beforeAll, describe, expect, test } from 'vitest';
import { events } from './support/event-body.ts';
import { rejection, type Scene, scripted } from './support/scripted.ts';

interface Played extends Scene {
  readonly data: readonly string[];
  readonly error: unknown;
}

async function play(script: readonly Step[], options: EventsOptions = {}, client: ClientOptions = {}): Promise<Played> {
  const scene = scripted(script, client);
  const data: string[] = [];
  const read = async (): Promise<unknown> => {
    try {
      for await (const event of scene.api.events('x', options)) data.push(event.data);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  return { ...scene, data, error: await scene.clock.run(read()) };
}

// The code for streams is loaded with the first stream, in real time.
beforeAll(async () => {
  await play([events([])]);
});

describe('a server that ends each connection cleanly', () => {
  const empty = (text: string): Step[] => Array.from({ length: 40 }, () => events([text]));

  test.for<[string, string, EventsOptions, ClientOptions]>([
    ['whatever wait it names', 'retry: 0\n\n', {}, {}],
    ['without a wait of its own', ': hi\n\n', {}, {}],
    ['where retries are off', ': hi\n\n', { retry: 0 }, {}],
    ['where the budget is spent', ': hi\n\n', {}, { retryBudget: { ratio: 0, minPerSecond: 0 } }],
  ])('is asked less and less often with resume: always, %s', async ([, text, options, client]) => {
    const { transport, error, clock } = await play([...empty(text), 204], { resume: 'always', ...options }, client);
    expect([transport.requests.length, error]).toEqual([41, undefined]);
    // More than thirty of the forty waits have the maximum length.
    expect(clock.now()).toBeGreaterThan(30 * 5_000);
  });

  test('is asked at once after an event, if it says so', async () => {
    const script = Array.from({ length: 40 }, (_, index) => events([`retry: 0\ndata: ${index}\n\n`]));
    const { data, clock } = await play([...script, 204], { resume: 'always' });
    expect(data).toHaveLength(40);
    expect(clock.now()).toBeLessThan(10_000);
  });
});

describe('the wait that the server names by retry:', () => {
  const breaks = (retry: string): Step => events([`retry: ${retry}\nid: 1\ndata: 1\n\n`], 'break');
  const ends = (retry: string): Step => events([`retry: ${retry}\nid: 1\ndata: 1\n\n`]);
  const next = (): Step => events(['data: 2\n\n']);

  test.for<[string, Step, EventsOptions]>([
    ['a break', breaks('40000'), {}],
    ['a clean end', ends('40000'), { resume: 'always' }],
  ])('may be longer than totalTimeout: after %s', async ([, first, options]) => {
    const { data, clock } = await play([first, next(), 204], { totalTimeout: 10_000, ...options });
    expect(data).toEqual(['1', '2']);
    expect(clock.now()).toBeGreaterThanOrEqual(40_000);
  });

  test.for<[string, Step, EventsOptions]>([
    ['a break', breaks('90000'), {}],
    ['a clean end', ends('90000'), { resume: 'always' }],
  ])('fails where it is beyond maxRetryAfter: after %s', async ([, first, options]) => {
    const { data, error, transport, clock } = await play([first], options);
    expect(data).toEqual(['1']);
    expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', decision: { because: 'retryAfterTooLong' } });
    expect([transport.requests.length, (error as { retryAt: number }).retryAt]).toEqual([1, clock.wallNow() + 90_000]);
  });

  test('with any number of digits is still a date', async () => {
    const { error } = await play([breaks('9'.repeat(400))]);
    expect(new Date((error as { retryAt: number }).retryAt).getUTCFullYear()).toBeGreaterThan(5_000);
  });
});

test.each(['resume: onFailure', 'resume: always'])(
  'an id that no header can carry does not begin the stream again: %s',
  async (how) => {
    const resume = how === 'resume: always' ? 'always' : 'onFailure';
    for (const id of ['a\x01b', 'a\x7fb']) {
      const { error, transport } = await play([events([`id: ${id}\ndata: 1\n\n`], 'break')], { resume });
      expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', lastEventId: id, cause: { code: 'NETWORK' } });
      expect(transport.requests).toHaveLength(1);
    }
  },
);

describe('an error status that is accepted as the answer', () => {
  const missing = (): Response => Response.json({ error: 'no' }, { status: 404 });

  test.for<[string, EventsOptions]>([
    ['throwHttpErrors: false', { throwHttpErrors: false }],
    ['a policy', { policies: { 404: { kind: 'accept' } } }],
  ])('is no empty stream: by %s', async ([, options]) => {
    const { data, error } = await play([missing()], options);
    expect(data).toEqual([]);
    expect(error).toMatchObject({ code: 'INVALID_BODY', status: 404, contentType: 'application/json' });
    const again = await play([events(['id: 1\ndata: 1\n\n'], 'break'), missing()], options);
    expect(again.data).toEqual(['1']);
    expect(again.error).toMatchObject({ code: 'STREAM_INTERRUPTED', cause: { code: 'INVALID_BODY', status: 404 } });
  });

  test('is the response of the stream', async () => {
    const { api, clock } = scripted([missing()]);
    const stream = api.events('x', { throwHttpErrors: false });
    expect((await clock.run(stream.response)).status).toBe(404);
    expect(await rejection(stream.next())).toMatchObject({ code: 'INVALID_BODY' });
  });

  test('may be a stream', async () => {
    const body = new Response('data: sorry\n\n', { status: 404, headers: { 'content-type': 'text/event-stream' } });
    expect((await play([body], { throwHttpErrors: false })).data).toEqual(['sorry']);
  });
});

describe('what a function of the caller’s says', () => {
  const broken = (): Step => events(['id: 1\ndata: 1\n\n'], 'break');

  test('until: any truthy value ends the stream, a promise is refused', async () => {
    const said = (value: unknown): EventsOptions => ({ until: () => value as boolean });
    expect((await play([events(['data: 1\n\ndata: 2\n\n'])], said(['match']))).data).toEqual(['1']);
    const { error } = await play([events(['data: 1\n\ndata: 2\n\n'])], said(Promise.resolve(false)));
    expect(String(error)).toBe('TypeError: until must return a boolean, got a Promise');
  });

  test('resume: undefined ends the stream, and a value that is not options sends nothing again', async () => {
    const said = (value: unknown): EventsOptions => ({ method: 'post', resume: () => value as undefined });
    for (const nothing of [undefined, null]) {
      const { error, transport } = await play([broken()], said(nothing));
      expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED' });
      expect(transport.requests).toHaveLength(1);
    }
    const { error, transport } = await play([broken()], said(true));
    expect(String(error)).toBe('TypeError: events: resume must return options, or undefined, got true');
    expect(transport.requests).toHaveLength(1);
  });

  test('ky.stop in a hook ends the stream without an error', async () => {
    const { data, error, api } = await play([503], { hooks: { beforeRetry: [() => ky.stop] } });
    expect([data, error, api.snapshot().callsInFlight]).toEqual([[], undefined, 0]);
  });
});

describe('an event that says that the credentials are no longer good', () => {
  const isFailure = ({ data }: ServerEvent): false | { status: number } => data === 'expired' && { status: 401 };
  const expired = events(['id: 1\ndata: 1\n\ndata: expired\n\n'], 'stall');

  test('is continued with fresh ones', async () => {
    let tokens = 0;
    const auth = bearerToken({ refresh: () => ({ token: `t${++tokens}` }) });
    const script = [expired, events(['data: expired\n\n']), events(['data: 2\n\n'])];
    const { data, error, transport } = await play(script, { isFailure }, { auth });
    expect([data, error]).toEqual([['1', '2'], undefined]);
    const sent = transport.requests.map(({ headers }) => [headers['authorization'], headers['last-event-id']]);
    expect(sent).toEqual([
      ['Bearer t1', undefined],
      ['Bearer t1', '1'],
      ['Bearer t2', '1'],
    ]);
  });

  test('also where the reconnect is refused with the token that its beginning was sent with', async () => {
    let tokens = 0;
    const auth = bearerToken({ refresh: () => ({ token: `t${++tokens}` }) });
    const script = [events(['id: 1\ndata: 1\n\n'], 'break'), 401, events(['id: 2\ndata: 2\n\n'], 'break'), 401];
    const { data, error, transport } = await play([...script, events(['data: 3\n\n'])], {}, { auth });
    expect([data, error]).toEqual([['1', '2', '3'], undefined]);
    const sent = transport.requests.map(({ headers }) => headers['authorization']);
    expect(sent).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t2', 'Bearer t2', 'Bearer t3']);
  });

  test('is an interruption where there are none to be refreshed', async () => {
    const { error, transport } = await play([events(['id: 1\ndata: 1\n\ndata: expired\n\n'], 'stall')], { isFailure });
    expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', decision: { because: 'noCredentials' } });
    expect(transport.requests).toHaveLength(1);
  });
});
