import { afterEach, expect, test, vi } from 'vitest';
import { whenIdle } from './idle-clock.ts';

afterEach(() => vi.unstubAllGlobals());

test('a page that is never idle does the work all the same, after ten seconds', () => {
  const work = (): void => {};
  const asked = vi.fn();
  vi.stubGlobal('requestIdleCallback', asked);
  whenIdle(work);
  expect(asked).toHaveBeenCalledExactlyOnceWith(work, { timeout: 10_000 });
});
