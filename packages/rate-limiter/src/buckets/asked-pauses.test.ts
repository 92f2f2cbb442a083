import { expect, test } from 'vitest';
import { askedPauses } from './asked-pauses.ts';

test('a 503 pauses its origin for its own time, and a used-up bucket beside it until the quota is reset', () => {
  const owner = 'https://api.example.com';
  const pauses = askedPauses(
    {
      ...{
        status: 503,
        owner,
        route: { sender: { id: 'ann', reveal: () => 'ann' }, path: 'GET /orders' },
        isGlobal: false,
        wallNow: 0,
      },
      wait: { ms: 1000, source: 'Retry-After' },
      word: { names: ['daily'], quotas: [{ name: 'daily', limit: 10, remaining: 0, resetAt: 60_000 }] },
    },
    () => false,
  );
  expect(pauses.map(({ scope, ms }) => [scope.bucket, ms])).toEqual([
    [undefined, 1000],
    ['daily', 60_000],
  ]);
});
