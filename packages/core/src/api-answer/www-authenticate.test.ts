import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Challenge, parseChallenges } from './www-authenticate.ts';
import { authenticateHeaders } from './www-authenticate.vectors.ts';

const plain = (challenges: readonly Challenge[]) =>
  challenges.map(({ scheme, params, token68 }) => [scheme, { ...params }, ...(token68 === undefined ? [] : [token68])]);

describe('parseChallenges', () => {
  it.each(authenticateHeaders)('agrees on $about: $header', ({ header, challenges }) => {
    expect(plain(parseChallenges(header))).toEqual(challenges);
  });

  it.each<[header: string, challenges: unknown[]]>([
    ['Bearer', [['bearer', {}]]],
    ['Bearer error="a, Basic realm=b"', [['bearer', { error: 'a, Basic realm=b' }]]],
    ['Basic realm=""', [['basic', { realm: '' }]]],
    ['Basic realm="caf\u00e9"', [['basic', { realm: 'caf\u00e9' }]]],
    [
      'Basic , DPoP algs=ES256',
      [
        ['basic', {}],
        ['dpop', { algs: 'ES256' }],
      ],
    ],
    [
      'A a=b , B c=d',
      [
        ['a', { a: 'b' }],
        ['b', { c: 'd' }],
      ],
    ],
    ['Bearer\terror=x', [['bearer', { error: 'x' }]]],
  ])('reads %s', (header, challenges) => {
    expect(plain(parseChallenges(header))).toEqual(challenges);
  });

  it.each([
    'Bearer error="a" scope="b"',
    'Bearer realm="a"Basic',
    'A B c=d',
    'Bearer error="a\u0000b"',
    'Bearer =x',
    'Bearer error=x y',
    'Bear\u00e9r',
    '"Bearer"',
    'Negotiate abc== def',
  ])('takes nothing from the malformed %j', (header) => {
    expect(parseChallenges(header)).toEqual([]);
  });

  it('is not harmed by keys that mean something to objects', () => {
    const [challenge] = parseChallenges('Bearer __proto__="x", constructor=y, toString=z');
    expect(Object.getPrototypeOf(challenge?.params)).toBeNull();
    expect(Object.entries(challenge?.params ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['tostring', 'z'],
    ]);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
    expect(parseChallenges('Bearer')[0]?.params['constructor']).toBeUndefined();
  });

  it('reads back any challenges, quoted or bare', () => {
    const token = fc.stringMatching(/^[a-z!#$%&'*+.^_`|~-]{1,8}$/);
    const text = fc.string({ unit: fc.constantFrom(...'ab "\\,=\t\u00e9') });
    const params = fc.dictionary(token, fc.oneof(token, text), { minKeys: 1, noNullPrototype: false });
    const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(token, params)), (challenges) => {
        const header = challenges
          .map(([scheme, params]) => {
            const entries = Object.entries(params);
            return `${scheme} ${entries.map(([key, value]) => `${key}=${quote(value)}`).join(', ')}`;
          })
          .join(', ');
        expect(plain(parseChallenges(header))).toEqual(challenges.map(([scheme, params]) => [scheme, { ...params }]));
      }),
    );
  });

  it('never throws, whatever the header', () => {
    const near = fc.string({ unit: fc.constantFrom(...'aB ,="\\\t/é', 'Bearer ', 'realm=', '"x"', '==') });
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (header) => {
        for (const { scheme } of parseChallenges(header)) {
          expect(scheme).toMatch(/^[^\sA-Z",=]+$/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['an endless quoted string', 'a b="', '\\"'],
    ['endless words', '', 'a '],
    ['an endless token68', 'a ', 'b'],
    ['endless padding', 'a b', '='],
    ['endless blanks', 'a b', ' '],
    ['endless commas', 'a ', ', '],
  ])('is done with %s in one pass', (_about, start, unit) => {
    // A parser that went back over the text for each word would exceed the runner's time limit.
    expect(parseChallenges(`${start}${unit.repeat(200_000)}\u0001`)).toEqual([]);
  });
});
