import { anthropic, openai, stripe } from '@holdfast/dialects';
import { expect, test } from 'vitest';
import { meet } from './support/through-client.ts';

const conflict = (headers: Record<string, string> = {}) => ({
  ...{ id: 'conflict', api: 'conflict', status: 409, expect: {} },
  headers: { 'content-type': 'application/json', ...headers },
  body: { error: { message: 'Conflict' } },
});
const key = { 'idempotency-key': 'k-1' };

test.each([
  ['anthropic', anthropic(), 'x-should-retry'],
  ['openai', openai(), 'x-should-retry'],
  ['stripe', stripe(), 'stripe-should-retry'],
])('a 409 of %s is that of a lock: it is sent again, unless the server says no', async (_name, dialect, word) => {
  const met = async (parts: object, headers = {}): Promise<string> =>
    (await meet({ ...conflict(headers), ...parts }, { dialect })).retry;
  expect(await met({ method: 'POST', requestHeaders: key })).toBe('yes');
  expect(await met({ method: 'GET' })).toBe('yes');
  expect(await met({ method: 'POST', requestHeaders: key }, { [word]: 'false' })).toBe('no');
});

test('without a dialect a 409 is final', async () => {
  expect((await meet({ ...conflict(), method: 'POST', requestHeaders: key })).retry).toBe('no');
});
