import { expect, test } from 'vitest';
import { readApiAnswer } from './read-api-answer.ts';
import { readPlainAnswer } from './read-plain-answer.ts';

const wallNowMs = Date.UTC(2026, 10, 30, 12, 0, 0);

function read(status: number, given: Readonly<Record<string, string>>, text?: string) {
  const parts = { status, headers: new Headers(given), text, wallNowMs };
  return [readPlainAnswer(parts), readApiAnswer(parts, undefined)] as const;
}

test.each([
  [{ 'retry-after': '3' }, 3000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': '1.5' }, 1500],
  [{ 'retry-after': '3, 3' }, 3000],
  [{ 'retry-after': 'Mon, 30 Nov 2026 12:00:07 GMT' }, 7000],
  [{ 'retry-after': 'Mon, 30 Nov 2026 12:00:07 GMT', date: 'Mon, 30 Nov 2026 12:00:02 GMT' }, 5000],
  [{ 'retry-after': 'Mon, 30 Nov 2026 11:00:07 GMT' }, 0],
  [{ 'retry-after': String(wallNowMs / 1000 + 4) }, 4000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-3' }, undefined],
  [{ 'retry-after': '3e9' }, undefined],
  [{ 'retry-after': 'Mon, 30 Foo 2026 12:00:07 GMT' }, undefined],
  [{ 'retry-after': '2026-11-30' }, undefined],
  [{}, undefined],
])('%j asks to wait for %s ms, as the whole reader says', (headers, expected) => {
  const [plain, whole] = read(503, headers);
  expect(plain.waitMs).toBe(expected);
  expect(whole.waitMs).toBe(expected);
  expect(plain.waitSource).toBe(whole.waitSource);
});

test('a moment says nothing while the time is not known', () => {
  const headers = new Headers({ 'retry-after': 'Mon, 30 Nov 2026 12:00:07 GMT' });
  expect(readPlainAnswer({ status: 503, headers, wallNowMs: Number.NaN }).waitMs).toBeUndefined();
});

test.each([
  [429, {}, '', 'rateLimited'],
  [403, { 'retry-after': '1' }, '', 'rateLimited'],
  [503, {}, '', 'overloaded'],
  [404, {}, '{"error":{"code":"order_missing","message":"No such order."}}', 'notFound'],
] as const)('a %i with %j is, as for the whole reader, of the kind that it says', (status, headers, text, kind) => {
  const [plain, whole] = read(status, headers, text);
  expect(plain.kind).toBe(kind);
  expect(whole.kind).toBe(kind);
  expect([plain.code, plain.message, plain.applied]).toEqual([whole.code, whole.message, whole.applied]);
});
