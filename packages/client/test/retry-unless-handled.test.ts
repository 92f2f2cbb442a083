import { networkFailureOf } from '@holdfast/core/testing';
import { retryUnlessHandled } from 'holdfast';
import { expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

const faces = [
  ['a method', (api: ReturnType<typeof scripted>['api']) => api.get('x')],
  ['client.fetch', (api: ReturnType<typeof scripted>['api']) => api.fetch(baseUrl)],
] as const;

/** How TanStack Query calls the function: after each failure, with the number of earlier failures. */
async function query(work: () => Promise<unknown>): Promise<number> {
  for (let failureCount = 0; ; failureCount++) {
    const error = await rejection(work());
    if (!retryUnlessHandled(failureCount, error)) return failureCount + 1;
  }
}

test.for(faces)('what %s has dealt with is asked for once, and attempted as the policies say', async ([, ask]) => {
  const { api, clock, transport } = scripted(Array.from({ length: 12 }, () => networkFailureOf('ECONNRESET')));
  expect(await clock.run(query(() => ask(api)))).toBe(1);
  expect(transport.requests).toHaveLength(3);
});

test('an error status that is final, a refused call, and an error that wraps one of ours are dealt with, too', async () => {
  const { api, clock } = scripted([404]);
  const notFound = await clock.run(rejection(api.get('x')));
  await api.close();
  const closed = await rejection(api.fetch(baseUrl));
  const wrapped = new Error('Connection error.', { cause: closed });
  for (const error of [notFound, closed, wrapped]) expect(retryUnlessHandled(0, error)).toBe(false);
});

test('errors of others are retried three times, whatever they are', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  for (const error of [new Error('no'), new TypeError('fetch failed'), 'words', undefined, null, loop]) {
    expect([0, 1, 2, 3, 4].map((count) => retryUnlessHandled(count, error))).toEqual([true, true, true, false, false]);
  }
});
