import { afterEach, expect, test, vi } from 'vitest';
import { builtinModule } from './builtin-module.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('Node gives its own modules', () => {
  expect(builtinModule<{ isErrored: unknown }>('node:stream')?.isErrored).toBeTypeOf('function');
});

test('a runtime that has the function and throws, as Next.js at the edge does, is not asked', () => {
  const getBuiltinModule = (): never => {
    throw new Error('A Node.js API is used (process.getBuiltinModule) which is not supported in the Edge Runtime.');
  };
  vi.stubGlobal('process', { env: {}, getBuiltinModule });

  expect(builtinModule('node:stream')).toBeUndefined();
});
