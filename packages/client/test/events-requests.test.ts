import type { Step } from '@holdfast/core/testing';
import { createResilientClient, type EventsOptions, type ServerEvent } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { events } from './support/event-body.ts';
import { baseUrl, type Scene, scripted } from './support/scripted.ts';
import { serve } from './support/server.ts';

const breaking = (): Response => events(['id: 1\ndata: a\n\n'], 'break');

/** The events, the error at the end, and the bodies that were sent. */
async function play(
  script: readonly Step[],
  input: string | Request,
  options: EventsOptions,
): Promise<{ data: string[]; error: Error | undefined; sent: unknown[]; scene: Scene }> {
  const scene = scripted(script);
  const data: string[] = [];
  const read = async (): Promise<Error | undefined> => {
    try {
      for await (const event of scene.api.events(input, options)) data.push(event.data);
    } catch (error) {
      return error as Error;
    }
    return undefined;
  };
  const error = await scene.clock.run(read());
  return { data, error, sent: scene.transport.requests.map(({ body }) => body), scene };
}

const post = (body: BodyInit): Request => new Request(`${baseUrl}x`, { method: 'POST', body });
const streamOf = (text: string): ReadableStream => new Response(text).body as ReadableStream;

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

describe('the request of a stream that is resumed', () => {
  test('may be a Request, whose body is sent again', async () => {
    const { data, error, sent, scene } = await play([breaking(), breaking(), events(['data: b\n\n'])], post('asked'), {
      resume: 'onFailure',
    });
    expect([data, error]).toEqual([['a', 'a', 'b'], undefined]);
    expect(sent).toEqual(['asked', 'asked', 'asked']);
    expect(scene.transport.requests[2]?.headers['last-event-id']).toBe('1');
  });

  test('releases a Request’s body in the end', async () => {
    let isCancelled = false;
    let steps = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (steps++ === 0) controller.enqueue(new TextEncoder().encode('asked'));
        return steps > 1 ? new Promise(() => {}) : undefined;
      },
      cancel() {
        isCancelled = true;
      },
    });
    const request = new Request(`${baseUrl}x`, { method: 'POST', body, duplex: 'half' } as RequestInit);
    const scene = scripted([]);
    const fetch = async (sent: Request): Promise<Response> => {
      const reader = (sent.body as ReadableStream).getReader();
      await reader.read();
      void reader.cancel();
      return events(['data: a\n\n']);
    };
    const stream = scene.api.events(request, { resume: 'onFailure', fetch: fetch as typeof globalThis.fetch });
    const read: ServerEvent[] = [];
    const reading = (async () => {
      for await (const event of stream) read.push(event);
    })();
    await scene.clock.run(reading);
    expect(read).toHaveLength(1);
    expect(isCancelled).toBe(true);
  });

  test('is not sent again by default where it is a Request of another method than GET', async () => {
    const { error, sent } = await play([breaking()], post('asked'), {});
    expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', cause: { code: 'NETWORK' } });
    expect(sent).toEqual(['asked']);
  });

  test('is sent again by default where it is a Request of GET', async () => {
    const { data, error } = await play([breaking(), events(['data: b\n\n'])], new Request(`${baseUrl}x`), {});
    expect([data, error]).toEqual([['a', 'b'], undefined]);
  });

  test.for<[string, () => unknown]>([
    ['a stream', () => streamOf('asked')],
    ['an async iterable', () => pieces('asked')],
  ])('is not sent again with %s, which can be read once', async ([, body]) => {
    const options = { method: 'post', body: body() as BodyInit };
    for (const resume of ['onFailure', 'always'] as const) {
      const { error, sent } = await play([breaking()], 'x', { ...options, body: body() as BodyInit, resume });
      expect(error).toMatchObject({ code: 'STREAM_INTERRUPTED', cause: { code: 'NETWORK' } });
      expect(sent).toHaveLength(1);
    }
    const ended = await play([events(['data: a\n\n'])], 'x', { ...options, resume: 'always' });
    expect(ended.error).toMatchObject({ code: 'STREAM_INTERRUPTED' });
    expect(ended.sent).toHaveLength(1);
  });

  test('is sent with each new stream that a function gives, and not with one that was sent', async () => {
    const script = [breaking(), breaking(), events(['data: c\n\n'])];
    const asked = { method: 'post', body: streamOf('0') };
    let number = 0;
    const fresh = await play(script, 'x', { ...asked, resume: () => ({ body: streamOf(String(++number)) }) });
    expect([fresh.data, fresh.error]).toEqual([['a', 'a', 'c'], undefined]);
    expect(fresh.sent).toEqual(['0', '1', '2']);
    const used = await play([breaking()], 'x', { ...asked, body: streamOf('0'), resume: () => ({}) });
    expect(used.error).toMatchObject({ code: 'STREAM_INTERRUPTED', cause: { code: 'NETWORK' } });
  });
});

test.each([301, 302, 303, 307, 308])(
  'a stream behind a redirect by %i is resumed behind it, by its id',
  async (status) => {
    const { origin, requests } = await serve(({ path, headers }, response) => {
      if (path === '/x') return response.writeHead(status, { location: '/there' }).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (headers['last-event-id'] === '1') return response.end('data: b\n\n');
      return response.write('id: 1\ndata: a\n\n', () => response.destroy());
    });
    const api = createResilientClient({ baseUrl: origin, random: () => 0 });
    const got: string[] = [];
    for await (const { data } of api.events('x')) got.push(data);
    expect(got).toEqual(['a', 'b']);
    expect(requests.map(({ path, headers }) => [path, headers['last-event-id']])).toEqual([
      ...[
        ['/x', undefined],
        ['/there', undefined],
      ],
      ...[
        ['/x', '1'],
        ['/there', '1'],
      ],
    ]);
  },
);
