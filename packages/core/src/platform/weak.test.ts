import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('without weak references, as on older Workers, nothing is held and nothing is called back', async () => {
  vi.stubGlobal('WeakRef', undefined);
  vi.stubGlobal('FinalizationRegistry', undefined);
  vi.resetModules();
  const { weakly, whenGone } = await import('./weak.ts');

  expect(weakly({})).toBeUndefined();
  expect(() => whenGone(() => {}).register({}, 'held')).not.toThrow();
});

test('where the platform has them, an object is referred to as long as it is there', async () => {
  const { weakly, whenGone } = await import('./weak.ts');
  const one = { id: 1 };

  expect(weakly(one)?.deref()).toBe(one);
  expect(whenGone(() => {})).toBeInstanceOf(FinalizationRegistry);
});
