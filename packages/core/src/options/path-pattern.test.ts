import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { pathPattern } from './path-pattern.ts';

const fits = (pattern: string, path: string): boolean => pathPattern(pattern, 'path').test(path);

/** The meaning of a pattern, as a regular expression that may take long. */
function slow(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*|\*|:\w+/g, (wildcard) => (wildcard === '**' ? '.*' : '[^/]+'));
  return new RegExp(`^${source}/?$`);
}

test.each([
  ['/orders/*', '/orders/42', true],
  ['/orders/*', '/orders/42/', true],
  ['/orders/*', '/orders/', false],
  ['/orders/*', '/orders/42/lines', false],
  ['/**/lines', '/orders/42/lines', true],
  ['/**/lines/**', '/orders/42/lines', false],
  ['/**/lines/**', '/orders/42/lines/7', true],
  ['/:a-:b.json', '/x-y.json', true],
  ['/:a-:b.json', '/x-.json', false],
  ['/****', '/', true],
  ['/****/', '/', false],
  ['/a+b/(c)', '/a+b/(c)', true],
])('%s and %s: %s', (pattern, path, expected) => {
  expect(fits(pattern, path)).toBe(expected);
});

test('any pattern matches what its regular expression matches', () => {
  const pattern = fc.array(fc.constantFrom('/', 'a', 'b', '*', '**', ':id', '-'), { maxLength: 7 });
  const path = fc.array(fc.constantFrom('/', 'a', 'b', '-'), { maxLength: 10 });
  fc.assert(
    fc.property(pattern, path, (parts, characters) => {
      const [text, given] = [parts.join(''), characters.join('')];
      expect(fits(text, given)).toBe(slow(text).test(given));
    }),
    { numRuns: 10_000 },
  );
});

test.each(['/**/a/**/b/**/c', '/*-*-*-*-x', '**x*y*z', '/:a:b:c/**/**/q'])(
  '%s takes steps in proportion to the length of the path',
  (pattern) => {
    const stepsFor = (path: string): number => {
      const add = vi.spyOn(Set.prototype, 'add');
      const matcher = pathPattern(pattern, 'path');
      matcher.test(path);
      const steps = add.mock.calls.length;
      add.mockRestore();
      return steps;
    };
    for (const unit of ['/a', 'a', '-', '/a/b', 'x', 'xy', '/']) {
      const [short, long] = [stepsFor(unit.repeat(200)), stepsFor(unit.repeat(2000))];
      expect(long).toBeLessThanOrEqual(11 * short + 100);
    }
    expect(stepsFor('/a/b'.repeat(100))).toBeGreaterThan(0);
  },
);
