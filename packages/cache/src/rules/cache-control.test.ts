import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutHanging } from '../../../../test/without-hanging.ts';
import { parseCacheControl, secondsOf, termsOf } from './cache-control.ts';

const none = { staleIfErrorMs: 0, staleWhileRevalidateMs: 0 };
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const value = fc.oneof(
  fc.constant(undefined),
  fc.stringMatching(/^[a-z0-9]{1,8}$/),
  fc.stringMatching(/^[a-z0-9, =;]{1,12}$/),
);

describe('directives', () => {
  test('come out as they went in, however they are written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), fc.boolean(), (given, upper) => {
        const text = given
          .map(([key, one]) => {
            const written = upper ? key.toUpperCase() : key;
            return one === undefined ? written : `${written}=${/[^a-z0-9]/.test(one) ? `"${one}"` : one}`;
          })
          .join(upper ? ',' : ' , ');
        expect([...parseCacheControl(text)]).toEqual(given.map(([key, one]) => [key, one ?? '']));
      }),
    );
  });

  test('may be anything: http-cache-semantics gets only well-formed ones', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        const { shown, staleMs } = termsOf(parseCacheControl(text), none);
        expect(shown).toMatch(/^((no-store|no-cache|public|private|max-age=\d+|stale-while-revalidate=\d+)(, |$))*$/);
        expect(staleMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('take time in proportion to their length', () => {
    for (const piece of ['a="', 'a="\\', 'a=', ',', '"', 'a="b\\"']) {
      const text = piece.repeat(1_000_000);
      expect(() => withoutHanging(() => parseCacheControl(text))).not.toThrow();
    }
  });

  test('seconds are digits, and bounded', () => {
    const of = (text: string): number | undefined => secondsOf(parseCacheControl(text), 'max-age');
    expect(['max-age=5', 'max-age="5"', 'max-age=-5', 'max-age', 'x', `max-age=${'9'.repeat(400)}`].map(of)).toEqual([
      ...[5, 5, undefined, undefined, undefined, 2 ** 31],
    ]);
  });
});
