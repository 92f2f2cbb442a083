import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { type KeptContext, keptByPromises, keptContext } from './kept-context.ts';

const session = new AsyncLocalStorage<string>();

const ways: readonly [string, () => KeptContext][] = [
  ['by AsyncResource', keptContext],
  ['by promises alone', keptByPromises],
];

describe.each(ways)('a kept context, %s', (_name, keep) => {
  test('runs work in the context in which it was made, each time, and also after an await', async () => {
    const kept = session.run('first', keep);
    const look = async (): Promise<unknown> => {
      const before = session.getStore();
      await Promise.resolve();
      return [before, session.getStore()];
    };
    const [one, two] = session.run('second', () => [kept.run(look), kept.run(look)]);
    expect(await Promise.all([one, two])).toEqual([
      ['first', 'first'],
      ['first', 'first'],
    ]);
  });

  test('leaves the context of the code that asks as it is', async () => {
    const kept = session.run('first', keep);
    await session.run('second', async () => {
      await kept.run(async () => undefined);
      expect(session.getStore()).toBe('second');
    });
  });

  test('rejects with what the work throws, at once or later', async () => {
    const kept = keep();
    const work = (): Promise<never> => {
      throw new Error('at once');
    };
    await expect(kept.run(work)).rejects.toThrow('at once');
    await expect(kept.run(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
  });
});

test('work is run at once where the platform can do that', () => {
  const kept = session.run('first', keptContext);
  const look = (): unknown => session.getStore();
  expect(session.run('second', () => kept.atOnce?.(look))).toBe('first');
  expect(keptByPromises().atOnce).toBeUndefined();
  expect(() =>
    kept.atOnce?.(() => {
      throw new Error('at once');
    }),
  ).toThrow('at once');
});
