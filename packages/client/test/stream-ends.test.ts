import type { EventStream, EventsOptions, ServerEvent } from 'holdfast';
import { beforeAll, describe, expect, test } from 'vitest';
import { bodyOf, events } from './support/event-body.ts';
import { rejection, type Scene, scripted } from './support/scripted.ts';

type Ending = (scene: Scene, stream: EventStream<ServerEvent>, caller: AbortController) => unknown;

const done = { done: true, value: undefined };

// The code for streams is loaded with the first stream, in real time.
beforeAll(async () => {
  const { api, clock } = scripted([events([])]);
  await clock.run(api.events('x').next());
});

/** A stream in one kind of wait, and the `next()` that waits. */
async function waitingIn(script: readonly Response[], options: EventsOptions, before: number) {
  const scene = scripted([...script]);
  const caller = new AbortController();
  const stream = scene.api.events('x', { signal: caller.signal, ...options });
  for (let event = 0; event < before; event++) await scene.clock.run(stream.next());
  const next = stream.next().then(
    (result) => result as unknown,
    (error: unknown) => error,
  );
  await scene.clock.settle();
  return { ...scene, scene, stream, caller, next };
}

const waits: Readonly<Record<string, () => ReturnType<typeof waitingIn>>> = {
  'for its first event': () => waitingIn([events([], 'stall')], {}, 0),
  'for another event': () => waitingIn([events(['data: 1\n\n'], 'stall')], {}, 1),
  'to reconnect': () => waitingIn([events(['retry: 5000\nid: 1\ndata: 1\n\n'], 'break')], {}, 1),
  'for the function that says how to go on': () =>
    waitingIn([events(['data: 1\n\n'], 'break')], { resume: () => new Promise<never>(() => {}) }, 1),
};

const endings: Readonly<Record<string, readonly [Ending, unknown]>> = {
  'its client is closed': [({ api }) => api.close(), expect.objectContaining({ code: 'CLIENT_CLOSED' })],
  'its caller aborts': [(_, __, caller) => caller.abort('left'), 'left'],
  'it is closed': [(_, stream) => stream.close(), done],
  'its iterator returns': [(_, stream) => stream.return?.(), done],
  'its iterator is told to throw': [(_, stream) => stream.throw?.('no').catch(() => {}), done],
  'it is disposed of': [(_, stream) => stream[Symbol.asyncDispose](), done],
};

describe.each(Object.entries(waits))('a stream that waits %s ends at once where', (_, waiting) => {
  test.each(Object.entries(endings))('%s', async (_, [end, expected]) => {
    const { scene, stream, caller, next, api, clock, transport } = await waiting();
    await end(scene, stream, caller);
    expect(await next).toEqual(expected);
    expect(await stream.next()).toEqual(done);
    expect([transport.requests.length, api.snapshot().callsInFlight, clock.pending]).toEqual([1, 0, 0]);
  });
});

test('a loop that throws ends the request, and its error is the one that comes', async () => {
  const { response, seen } = bodyOf(['data: 1\n\ndata: 2\n\n'], 'stall');
  const { api, clock } = scripted([response]);
  const read = async (): Promise<void> => {
    for await (const { data } of api.events('x')) throw new Error(`no ${data}`);
  };
  expect(await clock.run(rejection(read()))).toMatchObject({ message: 'no 1' });
  expect(seen.cancelled).toBeDefined();
  expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
});

test.each(['isFailure', 'until'] as const)(
  '%s that throws ends the request, whether or not it was waited for',
  async (name) => {
    for (const place of [1, 2]) {
      const { response, seen } = bodyOf(['data: 1\n\ndata: 2\n\n'], 'stall');
      const { api, clock } = scripted([response]);
      let asked = 0;
      const stream = api.events('x', {
        [name]: () => {
          if (++asked === place) throw new Error('no');
          return false;
        },
      });
      if (place === 2) await clock.run(stream.next());
      expect(await clock.run(rejection(stream.next()))).toMatchObject({ message: 'no' });
      expect(await stream.next()).toEqual(done);
      expect(seen.cancelled).toBeDefined();
      expect([api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0]);
    }
  },
);

test('what was read already is not delivered after an abort', async () => {
  const caller = new AbortController();
  const { api, clock } = scripted([events(['data: 1\n\ndata: 2\n\n'], 'stall')]);
  const stream = api.events('x', { signal: caller.signal });
  await clock.run(stream.next());
  caller.abort('left');
  expect(await rejection(stream.next())).toBe('left');
});

test('await using closes a stream', async () => {
  const { response, seen } = bodyOf(['data: 1\n\n'], 'stall');
  const { api, clock } = scripted([response]);
  {
    await using stream = api.events('x');
    await clock.run(stream.next());
  }
  expect(seen.cancelled).toBeDefined();
  expect(api.snapshot().callsInFlight).toBe(0);
});
