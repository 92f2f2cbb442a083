import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { loadWithin } from '../src/streams/load-within.ts';
import { LazyStream } from '../src/streams/stream.ts';
import { events } from './support/event-body.ts';
import { scripted } from './support/scripted.ts';

const done = { done: true, value: undefined };

test('a stream that is closed before its request has gone sends none', async () => {
  const { api, clock, transport } = scripted([events(['data: 1\n\n'])]);
  const stream = api.events('x');
  const next = stream.next();
  stream.close();
  expect(await clock.run(next)).toEqual(done);
  expect([transport.requests.length, api.snapshot().callsInFlight, clock.pending]).toEqual([0, 0, 0]);
});

test('a stream that is closed while its code is loaded waits for it no longer', async () => {
  let fail = (_: unknown): void => {};
  const reader = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const stream = new LazyStream(() => ({ reader, leave: () => fail('left') }));
  const next = stream.next();
  await new ManualClock().settle();
  stream.close();
  expect(await next).toEqual(done);
});

test('a reader that is loaded after its stream was closed is closed, and not asked', async () => {
  const asked: string[] = [];
  const reader = {
    close: () => asked.push('close'),
    next: async () => void asked.push('next'),
  };
  let come = (_: never): void => {};
  const stream = new LazyStream(() => ({ reader: new Promise<never>((resolve) => (come = resolve)), leave: () => {} }));
  const next = stream.next();
  await new ManualClock().settle();
  stream.close();
  come(reader as never);
  expect(await next).toEqual(done);
  expect(asked).toEqual(['close']);
});

test.each([
  ['is abandoned where the stream is closed', true, ['abandoned']],
  ['fails where the code can’t be loaded', false, ['failed: no network']],
])('the call that waits for the code %s', async (_, isClosed, expected) => {
  const controller = new AbortController();
  const ends: string[] = [];
  let fail = (_: unknown): void => {};
  const load = (): Promise<never> => new Promise((_, reject) => (fail = reject));
  const scope = {
    ...{ signal: controller.signal, refuseLate: () => {}, inTime: (work: Promise<never>) => work },
    abandon: () => ends.push('abandoned'),
    fail: (error: string) => ends.push(`failed: ${error}`),
    abort: (reason: unknown) => fail(reason),
  };
  const { part, leave } = loadWithin(
    { loaded: undefined, load, loadWhenIdle: () => {} },
    {} as never,
    () => scope as never,
  );
  if (isClosed) leave();
  else fail('no network');
  await part.catch(() => {});
  expect(ends).toEqual(expected);
});
