import type { Step } from '@holdfast/core/testing';
import type { EventsOptions } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { events } from './support/event-body.ts';
import { type Scene, scripted } from './support/scripted.ts';

/** Longer than the time after which a stream counts as begun. */
const late = `:${'x'.repeat(2 ** 20)}\n\n`;
const complete = ['id: 1\ndata: a\n\n', 'data: b\n\n'];

async function play(
  script: readonly Step[],
  options: EventsOptions,
): Promise<Scene & { data: string[]; error: unknown }> {
  const scene = scripted(script);
  const data: string[] = [];
  const read = async (): Promise<void> => {
    for await (const event of scene.api.events('x', options)) data.push(event.data);
  };
  const error = await scene.clock.run(read().catch((reason: unknown) => reason));
  return { ...scene, data, error };
}

describe('a stream that has begun, and of which nothing was delivered, is sent again as before its first event', () => {
  const isFailure: EventsOptions['isFailure'] = ({ data }) => data === 'failed' && { status: 529 };
  test.for<[string, Response, EventsOptions]>([
    ['where it breaks', events([late], 'break'), {}],
    ['where it stalls', events([late], 'stall'), {}],
    ['where it fails', events([late, 'data: failed\n\n']), { isFailure }],
    ['where it ends without its last event', events([late]), { until: ({ data }) => data === 'b' }],
    ['whatever may be resumed', events([late], 'break'), { resume: false }],
    [
      'where other code has read more than the stream has',
      events(['data: lost\n\n'], 'break'),
      { hooks: { afterResponse: [({ response }) => void response.text().catch(() => {})] } },
    ],
  ])('%s', async ([, first, options]) => {
    const { data, error, transport } = await play([first, events(complete)], options);
    expect([data, error]).toEqual([['a', 'b'], undefined]);
    expect(transport.requests[1]?.headers['last-event-id']).toBeUndefined();
  });

  test('as often as the policy allows', async () => {
    const { error, transport, api } = await play(
      Array.from({ length: 4 }, () => events([late], 'break')),
      {},
    );
    expect(error).toMatchObject({ code: 'NETWORK' });
    expect(transport.requests).toHaveLength(3);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test('but a POST is not, unless it has a key, which stays the same', async () => {
    const post = { method: 'post', json: 1 };
    const refused = await play([events([late], 'break')], post);
    expect(refused.error).toMatchObject({ code: 'NETWORK' });
    const keyed = await play([events([late], 'break'), events(complete)], { ...post, idempotencyKeys: true });
    const keys = keyed.transport.requests.map(({ headers }) => headers['idempotency-key']);
    expect([keyed.data, keyed.error]).toEqual([['a', 'b'], undefined]);
    expect(keys).toEqual([keys[0], keys[0]]);
  });

  test('nor is a Request whose body nothing keeps', async () => {
    const { api, clock, transport } = scripted([events([late], 'break')]);
    const request = new Request('https://api.example.com/v1/x', { method: 'PUT', body: 'asked' });
    const ended = api.events(request).next();
    expect(await clock.run(ended.catch((reason: unknown) => reason))).toMatchObject({ code: 'NETWORK' });
    expect(transport.requests).toHaveLength(1);
  });
});

test('a connection that stalls is left by all who read it', async () => {
  let other: Promise<unknown> | undefined;
  const { api, clock } = scripted([], {
    fetch: (async (_input: unknown, { signal }: { signal: AbortSignal }) => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('data: a\n\n'));
          signal.addEventListener('abort', () => controller.error(signal.reason));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    }) as unknown as typeof fetch,
  });
  const stream = api.events('x', {
    hooks: {
      afterResponse: [
        ({ response }) => {
          other = response.text().catch((reason: unknown) => reason);
        },
      ],
    },
  });
  await clock.run(stream.next());
  const interrupted = await clock.run(stream.next().catch((reason: unknown) => reason));
  expect(interrupted).toMatchObject({ code: 'STREAM_INTERRUPTED', cause: { code: 'IDLE_TIMEOUT' } });
  expect(await other).toMatchObject({ code: 'IDLE_TIMEOUT' });
});
