import { describe, expect, it } from 'vitest';
import { defused, isThenable } from './defused.ts';

describe('defused', () => {
  it.each([undefined, null, 0, '', 'text', true, {}, [], () => 1])('returns %o unchanged', (value) => {
    expect(defused(value)).toBe(value);
    expect(isThenable(value)).toBe(false);
  });

  it('returns a promise unchanged, and handles its rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    globalThis.process.on('unhandledRejection', note);
    const promise = Promise.reject(new Error('x'));
    expect(defused(promise)).toBe(promise);
    expect(isThenable(promise)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
