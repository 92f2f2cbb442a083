import { describe, expect, test } from 'vitest';
import { readApiAnswer } from '../api-answer/read-api-answer.ts';
import { linesOf } from './header-lines.ts';

describe('linesOf()', () => {
  test('finds a header by its name in any case, and gives null for one that is absent', () => {
    const lines = linesOf(new Headers({ 'Retry-After': '7' }));
    expect([lines.get('retry-after'), lines.get('Retry-After'), lines.get('date')]).toEqual(['7', '7', null]);
  });

  test('lists the headers as often as it is asked to', () => {
    const lines = linesOf(new Headers({ b: '2', a: '1' }));
    expect([[...lines], [...lines]]).toEqual(
      Array.from({ length: 2 }, () => [
        ['a', '1'],
        ['b', '2'],
      ]),
    );
  });

  test('an answer is read with few look-ups in the headers of the platform', () => {
    let lookedUp = 0;
    class Counted extends Headers {
      override get(name: string): string | null {
        lookedUp++;
        return super.get(name);
      }
    }
    const headers = new Counted({ 'content-type': 'application/json', 'retry-after': '3', 'x-request-id': 'r1' });
    const { waitMs, requestId } = readApiAnswer({ status: 503, headers, text: '{"code":"busy"}', wallNowMs: 0 });
    expect({ waitMs, requestId }).toEqual({ waitMs: 3000, requestId: 'r1' });
    expect(lookedUp).toBe(0);
  });
});
