import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { type InContext, keptByPromises, keptContext } from './kept-context.ts';

const session = new AsyncLocalStorage<string>();

const ways: readonly [string, () => InContext][] = [
  ['by AsyncResource', keptContext],
  ['by promises alone', keptByPromises],
];

describe.each(ways)('a kept context, %s', (_name, keep) => {
  test('runs work in the context in which it was made, each time, and also after an await', async () => {
    const inContext = session.run('first', keep);
    const look = async (): Promise<unknown> => {
      const before = session.getStore();
      await Promise.resolve();
      return [before, session.getStore()];
    };
    const [one, two] = session.run('second', () => [inContext(look), inContext(look)]);
    expect(await Promise.all([one, two])).toEqual([
      ['first', 'first'],
      ['first', 'first'],
    ]);
  });

  test('leaves the context of the code that asks as it is', async () => {
    const inContext = session.run('first', keep);
    await session.run('second', async () => {
      await inContext(async () => undefined);
      expect(session.getStore()).toBe('second');
    });
  });

  test('rejects with what the work throws, at once or later', async () => {
    const inContext = keep();
    const work = (): Promise<never> => {
      throw new Error('at once');
    };
    await expect(inContext(work)).rejects.toThrow('at once');
    await expect(inContext(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
  });
});
