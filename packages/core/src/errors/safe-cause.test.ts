import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { NetworkError } from './network-error.ts';
import { safeCause } from './safe-cause.ts';
import { testCall } from './test-call.test-support.ts';

const secret = 'hush-4711';

/** Everything that a person, a crashing process or a logger may print. */
function printed(cause: unknown): string {
  return [
    inspect(cause, { depth: 10 }),
    inspect(cause, { depth: 10, showHidden: true, getters: true }),
    inspect(cause, { depth: 10, showHidden: true, getters: true, customInspect: false }),
    JSON.stringify(cause),
    JSON.stringify({ ...Object(cause) }),
    JSON.stringify(Object.getOwnPropertyDescriptors(Object(cause))),
    String(cause),
    String(Object(cause).stack),
  ].join('\n');
}

class LibraryError extends Error {
  readonly config = { headers: { authorization: secret } };
  readonly data = `{"session":"${secret}"}`;
  readonly status = 502;
  toJSON(): unknown {
    return { config: this.config };
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.data;
  }
}

const causes: readonly (readonly [string, () => unknown])[] = [
  ['an error with members of a library', () => new LibraryError('no')],
  ['bytes that were no HTTP', () => Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID', data: secret })],
  [
    'an error deeper inside',
    () => new TypeError('fetch failed', { cause: new Error('x', { cause: new LibraryError('no') }) }),
  ],
  ['one of several', () => new AggregateError([new Error('a'), new LibraryError('b')], 'all')],
  ['words', () => new Error(`sent Authorization: Bearer ${secret}`)],
  ['a string', () => `token=${secret}`],
  ['an object that is no error', () => ({ message: 'no', body: secret })],
  ['a member behind a symbol', () => Object.assign(new Error('no'), { [Symbol('request')]: secret })],
  ['a getter', () => Object.defineProperty(new Error('no'), 'body', { get: () => secret, enumerable: true })],
];

describe('the cause of a typed error', () => {
  test.for(causes)('prints no secret that %s holds', ([, made]) => {
    expect(printed(made())).toContain(secret);
    const error = new NetworkError({ call: testCall(), message: 'x', cause: made() });
    expect(printed(error.cause)).not.toContain(secret);
    expect(printed(error)).not.toContain(secret);
  });

  test('has the same class and message, and its members can still be read', () => {
    const given = Object.assign(new LibraryError('no', { cause: new Error('why') }), { code: 'ECONNRESET' });
    const cause = safeCause(given) as LibraryError & { readonly code: string };
    expect([cause instanceof LibraryError, cause instanceof Error, cause.name, cause.message]).toEqual([
      true,
      true,
      'Error',
      'no',
    ]);
    expect([cause.code, cause.status, cause.config, cause.stack]).toEqual([
      'ECONNRESET',
      502,
      given.config,
      given.stack,
    ]);
    expect((cause.cause as Error).message).toBe('why');
    expect(inspect(cause)).toContain('ECONNRESET');
  });

  test('stays the object that was thrown if it has nothing to hide', () => {
    const inner = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port: 1,
    });
    for (const cause of [
      inner,
      new TypeError('fetch failed', { cause: inner }),
      new AggregateError([inner], 'x'),
      new DOMException('x', 'AbortError'),
      undefined,
      1,
    ]) {
      expect(safeCause(cause)).toBe(cause);
    }
  });

  test('may throw when it is read, or refer to itself', () => {
    const loop = new Error('loop', {});
    loop.cause = loop;
    expect(printed(safeCause(loop))).toContain('loop');
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(safeCause(proxy)).toBeInstanceOf(Error);
    expect(safeCause(Object.freeze(new LibraryError('no')))).toBeInstanceOf(LibraryError);
  });
});
