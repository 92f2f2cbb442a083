import { expect, test } from 'vitest';
import { dropsAuthorization } from './drops-authorization.ts';

test.each([
  ['Node', { process: { versions: { node: '24.0.0' } } }, true],
  ['a page', { document: {}, navigator: { userAgent: 'Mozilla/5.0' } }, true],
  ['a worker of a page', { WorkerGlobalScope: class {}, navigator: { userAgent: 'Mozilla/5.0' } }, true],
  ['Bun', { process: { versions: { node: '24.0.0', bun: '1.0.0' } } }, false],
  ['Deno', { process: { versions: { node: '24.0.0', deno: '2.0.0' } } }, false],
  [
    'Cloudflare’s runtime',
    {
      WorkerGlobalScope: class {},
      navigator: { userAgent: 'Cloudflare-Workers' },
      process: { versions: { node: '22' } },
    },
    false,
  ],
  ['an unknown platform', {}, false],
])('%s: is it known that `Authorization` is dropped when a redirect leaves the origin?', (_, platform, expected) => {
  expect(dropsAuthorization(platform)).toBe(expected);
});
