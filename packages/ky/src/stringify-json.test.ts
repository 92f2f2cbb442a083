import { describe, expect, test } from 'vitest';
import { stringifyJson } from './stringify-json.ts';

describe('stringifyJson', () => {
  test('is JSON.stringify if that succeeds', () => {
    const shared = { a: 1 };
    for (const value of [null, 0, '', [], { a: undefined, b: [shared, shared] }, new Date(0), 'ü']) {
      expect(stringifyJson(value, undefined)).toBe(JSON.stringify(value));
    }
  });

  test('uses the caller’s own function, and rethrows its error', () => {
    expect(stringifyJson(1n, (data) => `<${data}>`)).toBe('<1>');
    const own = new Error('own');
    const failing = (): string => {
      throw own;
    };
    expect(() => stringifyJson({}, failing)).toThrow(own);
  });

  const loop: Record<string, unknown> = { a: { b: [0] } };
  (loop['a'] as { b: unknown[] }).b.push({ 'odd key': loop });
  const throwing = {
    toJSON() {
      throw new Error('no');
    },
  };
  const itself = {
    id: 1n,
    toJSON() {
      return this;
    },
  };
  const cases: readonly [string, unknown, string][] = [
    ['what contains itself', loop, 'json.a.b[1]["odd key"] can\'t be serialised as JSON: it contains itself'],
    [
      'a BigInt',
      { items: [{ id: 1n }] },
      "json.items[0].id can't be serialised as JSON: a BigInt; send it as a string or a number",
    ],
    ['a BigInt at the top', 1n, "json can't be serialised as JSON: a BigInt; send it as a string or a number"],
    ['a toJSON() that throws', [throwing], "json[0] can't be serialised as JSON: its toJSON() threw: no"],
    [
      'a toJSON() that gives its own object',
      { itself },
      "json.itself.id can't be serialised as JSON: a BigInt; send it as a string or a number",
    ],
  ];
  for (const [name, value, message] of cases) {
    test(`names the path to ${name}`, () => {
      expect(() => stringifyJson(value, undefined)).toThrow(new TypeError(message));
    });
  }

  test('has the message of JSON.stringify if it finds no path', () => {
    const hidden = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('hidden');
        },
      },
    );
    expect(() => stringifyJson(hidden, undefined)).toThrow('hidden');
  });
});
