import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  integerAtLeast,
  nearest,
  numberBetween,
  OptionError,
  OptionRangeError,
  oneOf,
  optionsObject,
  show,
} from './validate.ts';

describe('the errors', () => {
  it('look like the platform’s own', () => {
    expect(new OptionError('x', 1, 'must be a string').name).toBe('TypeError');
    expect(new OptionRangeError('x', 1, 'must be 2').name).toBe('RangeError');
    expect(new OptionError('x', 1, 'must be a string').stack).toMatch(/^TypeError: x must be a string, got 1/);
  });

  it('name path, remedy and value', () => {
    const error = new OptionError('client: timeout', 'soon', 'must be a number');
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toBe('TypeError: client: timeout must be a number, got "soon"');
    const range = new OptionRangeError('client: timeout', -1, 'must be ≥ 0');
    expect(range).toBeInstanceOf(RangeError);
    expect(String(range)).toBe('RangeError: client: timeout must be ≥ 0, got -1');
  });
});

describe('numberBetween', () => {
  it.each([0, 0.5, 10])('takes %d', (value) => {
    expect(() => numberBetween(value, 0, 10, 'x')).not.toThrow();
  });

  it.each<[unknown, typeof TypeError | typeof RangeError, string]>([
    [-1, RangeError, 'x must be a number from 0 to 10 (ms), got -1'],
    [10.1, RangeError, 'x must be a number from 0 to 10 (ms), got 10.1'],
    [Number.NaN, RangeError, 'got NaN'],
    [Number.POSITIVE_INFINITY, RangeError, 'got Infinity'],
    ['5', TypeError, 'got "5"'],
    [5n, TypeError, 'got 5n'],
    [null, TypeError, 'got null'],
    [undefined, TypeError, 'got undefined'],
    [{}, TypeError, 'got an object with no keys'],
  ])('refuses %s', (value, kind, message) => {
    const check = (): void => numberBetween(value, 0, 10, 'x', 'ms');
    expect(check).toThrow(kind);
    expect(check).toThrow(message);
  });

  it('leaves out a bound that is never reached', () => {
    expect(() => numberBetween(-1, 0, Number.POSITIVE_INFINITY, 'x')).toThrow('x must be a number ≥ 0, got -1');
  });
});

describe('integerAtLeast', () => {
  it.each([0, 7, Number.POSITIVE_INFINITY])('takes %d', (value) => {
    expect(() => integerAtLeast(value, 0, 'x')).not.toThrow();
  });

  it.each([-1, 0.5, Number.NaN, Number.NEGATIVE_INFINITY])('refuses %d', (value) => {
    expect(() => integerAtLeast(value, 0, 'x')).toThrow(RangeError);
  });

  it('refuses a value that is not a number', () => {
    expect(() => integerAtLeast('1', 0, 'x')).toThrow(new TypeError('x must be an integer ≥ 0, got "1"'));
  });
});

describe('oneOf', () => {
  it('names the valid values', () => {
    expect(() => oneOf('a', ['a', 'b'], 'x')).not.toThrow();
    expect(() => oneOf('c', ['a', 'b', false], 'x')).toThrow(new TypeError('x must be "a" or "b" or false, got "c"'));
  });
});

describe('optionsObject', () => {
  it.each([{}, { limit: 1 }, { limit: undefined }, Object.create(null)])('takes %j', (value) => {
    expect(() => optionsObject(value, 'retry', ['limit', 'delay'])).not.toThrow();
  });

  it.each<[unknown, string]>([
    [null, 'retry takes an object with limit, delay, got null'],
    [5, 'retry takes an object with limit, delay, got 5'],
    [[], 'retry takes an object with limit, delay, got an array of 0'],
    [() => 1, 'retry takes an object with limit, delay, got function'],
    [{ limits: 1 }, 'retry: unknown option "limits"; did you mean "limit"?'],
    [{ Limit: 1 }, 'retry: unknown option "Limit"; did you mean "limit"?'],
    [{ wibble: 1 }, 'retry: unknown option "wibble"; known are limit, delay'],
    [JSON.parse('{"__proto__": {}}'), 'retry: unknown option "__proto__"; known are limit, delay'],
  ])('refuses %j', (value, message) => {
    expect(() => optionsObject(value, 'retry', ['limit', 'delay'])).toThrow(TypeError);
    expect(() => optionsObject(value, 'retry', ['limit', 'delay'])).toThrow(message);
  });
});

describe('nearest', () => {
  const known = ['policies', 'rules', 'retry', 'retryBudget', 'auth', 'timeout', 'totalTimeout'];

  it.each([
    ['policiez', 'policies'],
    ['policy', 'policies'],
    ['totlTimeot', 'totalTimeout'],
    ['Buget', undefined],
    ['tries', undefined],
    ['path', undefined],
    ['polices', 'policies'],
    ['POLICIES', 'policies'],
    ['retryBuget', 'retryBudget'],
    ['rety', 'retry'],
    ['rerty', 'retry'],
    ['ruels', 'rules'],
    ['timeot', 'timeout'],
    ['timoeut', 'timeout'],
    ['auht', 'auth'],
    ['dispatcher', undefined],
    ['next', undefined],
    ['cf', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ])('takes %s for %s', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  it('finds each word that lacks one letter, or has two swapped', () => {
    fc.assert(
      fc.property(fc.constantFrom(...known.filter((word) => word.length > 4)), fc.nat(10), (word, at) => {
        const index = at % (word.length - 1);
        expect(nearest(word.slice(0, index) + word.slice(index + 1), known)).toBe(word);
        const swapped = word.slice(0, index) + word[index + 1] + word[index] + word.slice(index + 2);
        expect(nearest(swapped, known)).toBe(word);
      }),
      { seed: 2026 },
    );
  });
});

describe('show', () => {
  class Secretive {
    readonly token = 'abc';
  }
  it.each<[unknown, string]>([
    ['text', '"text"'],
    ['two\nlines', '"two\\nlines"'],
    ['x'.repeat(61), `"${'x'.repeat(57)}..."`],
    ['Bearer abcdefghijk', '"Bearer ***"'],
    ['https://api.example.com/?token=abcdef', '"https://api.example.com/?token=***"'],
    [1, '1'],
    [-0, '0'],
    [10n, '10n'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [[1, 2], 'an array of 2'],
    [{ a: 1, b: 2 }, 'an object with a, b'],
    [{}, 'an object with no keys'],
    [Object.create(null), 'an object with no keys'],
    [
      Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`key${index}`, index])),
      'an object with key0, key1, key2, key3, key4, key5, key6, key7, key8, key...',
    ],
    [new Secretive(), 'a Secretive'],
    [new Map(), 'a Map'],
    [new Date(0), 'a Date'],
    [function named() {}, 'function named'],
    [() => 1, 'function (anonymous)'],
  ])('describes %o without secrets', (value, expected) => {
    expect(show(value)).toBe(expected);
  });

  it('does not stumble over a class without a proper name', () => {
    expect(show(Object.create({ constructor: { name: Symbol('s') } }))).toBe('an object with no keys');
    expect(show(Object.defineProperty(() => {}, 'name', { value: Symbol('s') }))).toBe('function Symbol(s)');
    expect(show(Object.defineProperty(() => {}, 'name', { value: undefined }))).toBe('function (anonymous)');
  });

  it('never throws, and describes it in one line', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (value) => {
          expect(show(value)).toMatch(/^[^\r\n]*$/);
          expect(show(value).length).toBeLessThan(200);
        },
      ),
      { seed: 2026 },
    );
  });
});
