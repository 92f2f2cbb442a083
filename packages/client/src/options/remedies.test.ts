import type { createResilientClient } from 'holdfast';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let create: typeof createResilientClient;

// Other test files share the modules of the client, so the client is loaded again.
beforeAll(async () => {
  vi.resetModules();
  vi.doMock('./remedies.ts', () => import('./remedies.browser.ts'));
  create = (await import('holdfast')).createResilientClient;
});

afterAll(() => {
  vi.doUnmock('./remedies.ts');
  vi.resetModules();
});

test('a page for production refuses another library’s option without the remedy', () => {
  expect(() => create({ retries: 3 } as object)).toThrow(
    new TypeError('createResilientClient: unknown option "retries"'),
  );
});

test('a page names the option that a misspelt one resembles', () => {
  expect(() => create({ timeuot: 3 } as object)).toThrow('unknown option "timeuot"; did you mean "timeout"?');
});
