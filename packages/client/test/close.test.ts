import { hang } from '@holdfast/core/testing';
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

test('close() ends what the clients wait for that were made of it, and leaves its parent alone', async () => {
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

test('an answer that was handed over before goes on being read', async () => {
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
