import { afterEach, expect, test, vi } from 'vitest';

const part = vi.hoisted(() => ({ loaded: undefined as unknown }));
vi.mock('#answer-reader', () => ({ reader: part }));

import { lacksScope } from './lacks-scope.ts';
import { saysScope } from './www-authenticate.ts';

afterEach(() => {
  part.loaded = undefined;
});

const given = (header: string) => lacksScope(new Headers({ 'www-authenticate': header }));

test.each([
  ['Bearer error="insufficient_scope", scope="a"', true],
  ['Bearer error=insufficient_scope', true],
  ['Basic realm="a", Bearer error = "insufficient_scope"', true],
  ['Bearer error="invalid_token"', false],
  ['Bearer scope="insufficient_scope"', false],
])('%s lacks a scope: %s, for a page without the reader and for the reader', (header, expected) => {
  expect(given(header)).toBe(expected);
  part.loaded = { saysScope };
  expect(given(header)).toBe(expected);
});

test('only the reader sees through quotes, and an answer without the header lacks nothing', () => {
  const quoted = String.raw`Bearer realm="error=\"insufficient_scope\""`;
  part.loaded = { saysScope };
  expect(given(quoted)).toBe(false);
  expect(lacksScope(new Headers())).toBe(false);
});
