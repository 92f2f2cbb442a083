import { hang } from '@holdfast/core/testing';
import { bearerToken, type ClientOptions } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection, type Scene, scripted, until } from './support/scripted.ts';

/** A body that sends one part, and then nothing more. */
function stalled(status: number): () => Response {
  return () =>
    new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"a":')) }), {
      status,
      headers: { 'content-type': 'application/json' },
    });
}

const never = () => new Promise<never>(() => {});

/** Each wait in which a call can be, and how to detect it. */
const waits: readonly [name: string, scene: () => Scene, there: (scene: Scene) => boolean][] = [
  ['in a beforeRequest hook', withHook, ({ clock }) => clock.pending > 0],
  ['in flight', () => scripted([hang()]), ({ transport }) => transport.requests.length === 1],
  ['in the wait before a retry', () => scripted([503]), sees('retry.scheduled')],
  ['in a refresh', refreshing, sees('attempt.ended')],
  [
    'while the first credentials are got',
    () => scripted([], { auth: bearerToken({ refresh: never }) }),
    sees('attempt.started'),
  ],
  ['while an error body is read', () => scripted([stalled(404)]), sees('attempt.ended')],
  ['while the body is read', () => scripted([stalled(200)]), sees('attempt.ended')],
  ['in a fallback', () => scripted([404], { fallback: never }), sees('attempt.ended')],
];

function withHook(): Scene {
  return scripted([], { hooks: { beforeRequest: [never] } });
}

function refreshing(): Scene {
  return scripted([401], { auth: bearerToken({ token: 'old', refresh: never }) });
}

function sees(type: string): (scene: Scene) => boolean {
  return ({ log }) => log.events.some((event) => event.type === type);
}

const reasons: readonly unknown[] = [
  new Error('the user left'),
  new DOMException('gone', 'AbortError'),
  'a string',
  0,
  null,
  { why: 'plain' },
];

for (const [name, scene, there] of waits) {
  test(`an abort ${name} is rethrown unchanged, at once, and leaves nothing behind`, async () => {
    for (const reason of reasons) {
      const running = scene();
      const controller = new AbortController();
      const failure = rejection<unknown>(running.api.get('x', { signal: controller.signal }).json());
      await until(() => there(running));
      await running.clock.advance(5);
      const before = running.clock.now();
      controller.abort(reason);
      expect(await failure).toBe(reason);
      expect(running.clock.now()).toBe(before);
      await running.clock.advance(0);
      // A refresh has its own limit, and continues for the other calls.
      expect(running.clock.pending).toBe(running.api.snapshot().auth.refreshing ? 1 : 0);
      expect(running.api.snapshot().callsInFlight).toBe(0);
      expect(running.log.lines.at(-1)).toMatch(/^call\.ended: cancelled/);
      expect(running.log.lines.filter((line) => line.startsWith('call.'))).toHaveLength(2);
    }
  });
}

test('an abort right after the call was made is rethrown unchanged, and nothing is sent', async () => {
  for (const reason of reasons) {
    const { api, clock, transport } = scripted([200]);
    const controller = new AbortController();
    const failure = rejection<unknown>(api.get('x', { signal: controller.signal }).json());
    controller.abort(reason);
    expect(await failure).toBe(reason);
    await clock.advance(0);
    expect(transport.requests).toHaveLength(0);
    expect(clock.pending).toBe(0);
  }
});

test('an abort without a reason is the platform’s AbortError', async () => {
  const { api } = scripted([hang()]);
  const controller = new AbortController();
  const failure = rejection(api.get('x', { signal: controller.signal }));
  controller.abort();
  expect(await failure).toBe(controller.signal.reason);
});

const entries: readonly [string, (scene: Scene, signal: AbortSignal) => Promise<unknown>][] = [
  ['api.get()', ({ api }, signal) => api.get('x', { signal })],
  ['api.get().json()', ({ api }, signal) => api.get('x', { signal }).json()],
  ['client.fetch()', ({ api }, signal) => api.fetch('https://api.example.com/x', { signal })],
  [
    'client.fetch() with a Request',
    ({ api }, signal) => api.fetch(new Request('https://api.example.com/x', { signal })),
  ],
  ['api.get() with a Request', ({ api }, signal) => api.get(new Request('https://api.example.com/x', { signal }))],
];

for (const [name, start] of entries) {
  test(`${name} with a signal that has aborted sends nothing`, async () => {
    for (const options of [{}, { timeout: false, totalTimeout: false }] satisfies ClientOptions[]) {
      const scene = scripted([200], options);
      const reason = new Error('before');
      expect(await rejection(start(scene, AbortSignal.abort(reason)))).toBe(reason);
      await scene.clock.advance(0);
      expect(scene.transport.requests).toHaveLength(0);
      expect(scene.clock.pending).toBe(0);
    }
  });
}

test('AbortSignal.timeout of the caller is rethrown unchanged, and not retried', async () => {
  const { api, transport } = scripted([hang()]);
  const signal = AbortSignal.timeout(5);
  const error = await rejection(api.get('x', { signal }));
  expect(error).toBe(signal.reason);
  expect(error.name).toBe('TimeoutError');
  expect(transport.requests).toHaveLength(1);
});

test('an abort that the transport reports by an error of its own is still an abort', async () => {
  const ownWords = (_request: Request, signal: AbortSignal | undefined) =>
    new Promise<Response>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new TypeError('fetch failed')));
    });
  for (const limits of [{}, { timeout: false, totalTimeout: false }] satisfies ClientOptions[]) {
    const { api, transport, log, clock } = scripted([ownWords, 200], limits);
    const controller = new AbortController();
    const failure = rejection(api.get('x', { signal: controller.signal }));
    await until(() => transport.requests.length === 1);
    controller.abort('enough');
    expect(await failure).toBe('enough');
    await clock.advance(10_000);
    expect(log.lines.slice(-2)).toEqual(['attempt.ended 1: ABORTED', 'call.ended: cancelled after 1 attempt']);
  }
});

test('an abort calls no fallback', async () => {
  let asked = 0;
  const { api, transport } = scripted([hang()], { fallback: () => void asked++ });
  const controller = new AbortController();
  const failure = rejection(api.get('x', { signal: controller.signal }));
  await until(() => transport.requests.length === 1);
  controller.abort('enough');
  expect(await failure).toBe('enough');
  expect(asked).toBe(0);
});

test('an error of another client as the reason is still an abort: no retry, no fallback', async () => {
  const other = scripted([503], { retry: 0 });
  const reason = await other.clock.run(rejection(other.api.get('x')));
  let asked = 0;
  const { api, transport, log, clock } = scripted([hang(), 200], { fallback: () => void asked++ });
  const controller = new AbortController();
  const failure = rejection(api.get('x', { signal: controller.signal }));
  await until(() => transport.requests.length === 1);
  controller.abort(reason);
  expect(await failure).toBe(reason);
  await clock.advance(10_000);
  expect(asked).toBe(0);
  expect(log.lines.slice(-2)).toEqual(['attempt.ended 1: ABORTED', 'call.ended: cancelled after 1 attempt']);
});

test("an attempt of an outer client that times out is the inner client's abort", async () => {
  const inner = scripted([hang(), 200]);
  const outer = scripted([], { clock: inner.clock, fetch: inner.api.fetch as typeof fetch, timeout: 1000, retry: 0 });
  const error = await inner.clock.run(rejection(outer.api.get('x')));
  expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 1000 });
  await inner.clock.advance(10_000);
  expect(inner.log.lines.slice(-2)).toEqual(['attempt.ended 1: ABORTED', 'call.ended: cancelled after 1 attempt']);
});
