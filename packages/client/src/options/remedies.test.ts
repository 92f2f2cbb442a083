import { createResilientClient } from 'holdfast';
import { expect, test, vi } from 'vitest';

vi.mock('./remedies.ts', () => import('./remedies.browser.ts'));

test("a page refuses another library's option without the remedy", () => {
  const create = (): unknown => createResilientClient({ retries: 3 } as object);
  expect(create).toThrow(new TypeError('createResilientClient: unknown option "retries"'));
});

test('a page names the option that a misspelt one resembles', () => {
  const create = (): unknown => createResilientClient({ timeuot: 3 } as object);
  expect(create).toThrow('unknown option "timeuot"; did you mean "timeout"?');
});
