import { hang, ManualClock } from '@holdfast/core/testing';
import { bearerToken, ClientClosedError, createResilientClient } from 'holdfast';
import { expect, test } from 'vitest';
import { baseUrl, rejection, type Scene, scripted, until } from './support/scripted.ts';

const never = () => new Promise<never>(() => {});
const stalled = () => new Response(new ReadableStream());

const waits: readonly [name: string, scene: () => Scene, there: (scene: Scene) => boolean][] = [
  ['right after it was made', () => scripted([]), () => true],
  [
    'in a beforeRequest hook',
    () => scripted([], { hooks: { beforeRequest: [never] } }),
    ({ clock }) => clock.pending > 0,
  ],
  ['in flight', () => scripted([hang()]), ({ transport }) => transport.requests.length === 1],
  ['in the wait before a retry', () => scripted([503]), ({ log }) => log.lines.length === 4],
  [
    'in a refresh',
    () => scripted([401], { auth: bearerToken({ token: 'a', refresh: never }) }),
    ({ api }) => api.snapshot().auth.refreshing,
  ],
  ['while its body is read', () => scripted([stalled]), ({ log }) => log.lines.length === 3],
  ['in a fallback', () => scripted([404], { fallback: never }), ({ log }) => log.lines.length === 3],
];

test.for(waits)('close() ends a call %s', async ([, make, there]) => {
  const scene = make();
  const { api, clock, log } = scene;
  const failure = rejection<ClientClosedError>(api.get('x').json());
  await until(() => there(scene));
  await api.close();
  const error = await failure;
  expect(error).toBeInstanceOf(ClientClosedError);
  expect(error).toMatchObject({ code: 'CLIENT_CLOSED', request: { method: 'GET', url: `${baseUrl}x` } });
  await clock.advance(0);
  expect(clock.pending).toBe(0);
  expect(api.snapshot()).toMatchObject({ callsInFlight: 0, auth: { refreshing: false } });
  const told = log.lines.filter((line) => line.startsWith('call.'));
  expect(told.map((line) => line.split(' ')[0])).toEqual(['call.started:', 'call.rejected:', 'call.ended:']);
});

test('close() ends the calls of clients that were extended from it, and not those of its parent', async () => {
  const { api, clock, transport } = scripted([hang(), hang(), 200]);
  const child = api.extend({});
  const grandchild = child.extend((parent) => parent);
  const failures = [rejection(child.get('x')), rejection(grandchild.fetch(`${baseUrl}x`))];
  await until(() => transport.requests.length === 2);
  await child.close();
  for (const failure of failures) expect(await failure).toMatchObject({ code: 'CLIENT_CLOSED' });
  expect(await clock.run(rejection(grandchild.get('x')))).toMatchObject({ code: 'CLIENT_CLOSED' });
  expect((await clock.run(api.get('x'))).status).toBe(200);
});

test('later calls are refused, and nothing of them is sent', async () => {
  const { api, clock, transport } = scripted([]);
  const child = api.extend({});
  await api.close();
  await api.close();
  for (const call of [
    () => api.get('x'),
    () => api.get('x').json(),
    () => api.fetch(`${baseUrl}x`),
    () => child.get('x'),
    () => api.extend({}).get('x'),
  ]) {
    expect(await clock.run(rejection(call()))).toMatchObject({ code: 'CLIENT_CLOSED', applied: 'no', attempts: [] });
  }
  expect(transport.requests).toHaveLength(0);
  expect(clock.pending).toBe(0);
});

test('a fallback does not make up for a client that is closed, nor does a retry', async () => {
  const { api, transport } = scripted([hang(), 200], { fallback: () => new Response('instead') });
  const failure = rejection(api.get('x'));
  await until(() => transport.requests.length === 1);
  await api.close();
  expect(await failure).toMatchObject({ code: 'CLIENT_CLOSED', applied: 'unknown' });
  expect(transport.requests).toHaveLength(1);
});

test('an answer that was returned before can still be read', async () => {
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      controller.enqueue(new TextEncoder().encode('late'));
      controller.close();
    },
  });
  const { api, clock } = scripted([new Response(body)]);
  const response = await clock.run(api.fetch(`${baseUrl}x`));
  await api.close();
  expect(await response.text()).toBe('late');
});

test('await using closes it', async () => {
  const transport = hang() as unknown as typeof fetch;
  let failure: Promise<unknown>;
  {
    await using api = createResilientClient({
      fetch: ((_input: unknown, init: RequestInit) =>
        (transport as never as (...args: unknown[]) => Promise<Response>)(_input, init.signal)) as typeof fetch,
    });
    failure = rejection(api.fetch(baseUrl));
    await until(() => api.snapshot().callsInFlight === 1);
  }
  expect(await failure).toMatchObject({ code: 'CLIENT_CLOSED' });
});

const tardy = (clock: ManualClock, ms: number) => (): Promise<Response> =>
  new Promise((resolve) => {
    clock.setTimer(() => resolve(Response.json({ ms })), ms);
  });

test('close({drainMs}) waits for calls in flight, with their retries, hooks and bodies, and refuses later ones', async () => {
  const clock = new ManualClock();
  const hooks = { beforeRequest: [() => new Promise<void>((resolve) => void clock.setTimer(resolve, 100))] };
  const { api } = scripted([503, tardy(clock, 500), tardy(clock, 500)], { clock, hooks });
  const child = api.extend({});
  const calls = [api.get('x').json(), child.get('x').json()];
  const closing = api.close({ drainMs: 10_000 });
  const late = [rejection(api.get('x')), rejection(child.get('x')), rejection(api.extend({}).fetch(`${baseUrl}x`))];
  expect(await clock.run(Promise.all(calls))).toEqual([{ ms: 500 }, { ms: 500 }]);
  await clock.run(closing);
  for (const error of await Promise.all(late)) expect(error).toMatchObject({ code: 'CLIENT_CLOSED', applied: 'no' });
  expect(clock.now()).toBeLessThan(10_000);
  expect(clock.pending).toBe(0);
});

test('close({drainMs}) ends what has not ended when the time is up', async () => {
  const { api, clock, transport } = scripted([hang(), hang()], { timeout: false, totalTimeout: false });
  const failures = [rejection(api.get('x')), rejection(api.extend({}).get('x'))];
  await until(() => transport.requests.length === 2);
  await clock.run(api.close({ drainMs: 2000 }));
  expect(clock.now()).toBe(2000);
  for (const failure of failures) expect(await failure).toMatchObject({ code: 'CLIENT_CLOSED', applied: 'unknown' });
  expect(clock.pending).toBe(0);
});

test('a second close() ends the wait of the first; without calls in flight there is no wait', async () => {
  const { api, clock, transport } = scripted([hang()]);
  const failure = rejection(api.get('x'));
  await until(() => transport.requests.length === 1);
  const closing = api.close({ drainMs: 60_000 });
  await api.close();
  await closing;
  expect(await failure).toMatchObject({ code: 'CLIENT_CLOSED' });
  await api.close({ drainMs: 60_000 });
  await scripted([]).api.close({ drainMs: 60_000 });
  await clock.advance(0);
  expect(clock.pending).toBe(0);
});

test.each([
  [{ drainMs: -1 }, /close: drainMs must be .*, got -1/],
  [{ drainMs: '5s' }, /close: drainMs must be .*, got "5s"/],
  [{ drain: 5 }, /close.*drain/],
])('close(%j) is refused, and closes nothing', async (options, words) => {
  const { api, clock } = scripted([200]);
  expect((await rejection(api.close(options as never))).message).toMatch(words);
  expect((await clock.run(api.get('x'))).status).toBe(200);
});
