import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readApiAnswer } from './read-api-answer.ts';

const json = 'application/json';
const problem = 'application/problem+json';
const answer = (text: string | undefined, contentType: string | null) =>
  readApiAnswer({
    status: 400,
    headers: new Headers(contentType === null ? {} : { 'content-type': contentType }),
    text,
    wallNowMs: 0,
  });
/** The error that a body describes. */
const said = (text: string | undefined, contentType: string | null) => {
  const { kind: _, quotas: __, ...rest } = answer(text, contentType);
  return rest;
};
const read = (body: unknown, contentType: string | null = json) => {
  const { data: _, ...rest } = said(typeof body === 'string' ? body : JSON.stringify(body), contentType);
  return rest;
};

describe('the envelope', () => {
  test('is read into the fields of the same meaning', () => {
    const error = {
      code: 'invalid_request',
      message: 'Quantity must be positive',
      type: 'validation_error',
      param: 'quantity',
      request_id: 'req_abc123',
    };
    expect(read({ error })).toEqual({
      code: 'invalid_request',
      message: 'Quantity must be positive',
      type: 'validation_error',
      param: 'quantity',
      requestId: 'req_abc123',
      issues: [],
    });
  });

  test.each<[string, unknown, object]>([
    ['an error that is a text', { error: 'No such order' }, { message: 'No such order' }],
    [
      "OAuth's word and sentence",
      { error: 'invalid_grant', error_description: 'The code has expired' },
      { code: 'invalid_grant', message: 'The code has expired' },
    ],
    ['code and message at the top', { code: 'gone', message: 'It is gone' }, { code: 'gone', message: 'It is gone' }],
    ['a code that is a number', { error: { code: 1042 } }, { code: '1042' }],
    ['a request id beside the error', { error: { code: 'x' }, requestId: 'req_1' }, { code: 'x', requestId: 'req_1' }],
    ['members of other types', { error: { code: {}, message: [], type: 5, param: null, request_id: true } }, {}],
    ['empty texts', { error: { code: '', message: '' } }, {}],
    ['type and title', { type: 'x', title: 't' }, { type: 'x', message: 't' }],
    ['an error within an object of its own', { error: { code: 'x' }, meta: {} }, { code: 'x' }],
    ['an error that is null', { error: null }, {}],
    ['a list', [1, 2], {}],
    ['a number', 42, {}],
    ['null', 'null', {}],
  ])('makes the best of %s', (_, body, expected) => {
    expect(read(body)).toEqual({ issues: [], ...expected });
  });

  test('is read without a content type, and after a byte order mark', () => {
    expect(read('\uFEFF{"error":{"code":"x"}}', null)).toEqual({ code: 'x', issues: [] });
  });
});

describe('issues', () => {
  test.each<[string, unknown, object[]]>([
    [
      'objects under `issues`',
      { error: { issues: [{ path: ['items', 0, 'name'], message: 'is required', code: 'required' }] } },
      [{ path: 'items.0.name', message: 'is required', code: 'required' }],
    ],
    [
      'texts and objects under `details`',
      { error: { details: ['Too long', { field: 'name', description: 'is taken' }] } },
      [
        { path: '', message: 'Too long' },
        { path: 'name', message: 'is taken' },
      ],
    ],
    [
      'lists by field',
      { message: 'Invalid', errors: { name: ['is taken', 'is short'], address: { zip: ['is wrong'] } } },
      [
        { path: 'name', message: 'is taken' },
        { path: 'name', message: 'is short' },
        { path: 'address.zip', message: 'is wrong' },
      ],
    ],
    [
      "JSON:API's `source`",
      { errors: [{ title: 'Bad', detail: 'is blank', code: 'blank', source: { pointer: '/data/attributes/a~1b' } }] },
      [{ path: 'data.attributes.a/b', message: 'is blank', code: 'blank' }],
    ],
    ['a list at the top', [{ message: 'is wrong', path: 'a' }], [{ path: 'a', message: 'is wrong' }]],
    [
      'violations within details',
      { error: { details: [{ '@type': 'x', fieldViolations: [{ field: 'name', description: 'is blank' }] }] } },
      [{ path: 'name', message: 'is blank' }],
    ],
    ['other types', { error: { issues: [1, null, true, [], {}] } }, []],
  ])('are read from %s', (_, body, expected) => {
    expect(read(body).issues).toEqual(expected);
  });

  test('are a hundred at most, however many the body holds', () => {
    expect(read({ errors: Array.from({ length: 5000 }, () => 'wrong') }).issues).toHaveLength(100);
    expect(read({ errors: { name: Array.from({ length: 150 }, () => 'a') } }).issues).toHaveLength(100);
  });
});

describe('problem details', () => {
  test.each<[string, unknown, object]>([
    [
      'type, title and detail',
      {
        type: 'https://api.example.com/problems/no-stock',
        title: 'Out of stock',
        detail: '3 left of 5',
        instance: '/o/1',
      },
      { type: 'https://api.example.com/problems/no-stock', message: '3 left of 5', issues: [] },
    ],
    ['a title alone', { title: 'Not Found' }, { type: 'about:blank', message: 'Not Found', issues: [] }],
    ['members of other types', { type: 5, title: {}, detail: [], status: '500' }, { type: 'about:blank', issues: [] }],
    [
      'errors with pointers',
      { type: 'u', title: 'Invalid', errors: [{ detail: 'must be positive', pointer: '#/profile/age' }] },
      { type: 'u', message: 'Invalid', issues: [{ path: 'profile.age', message: 'must be positive' }] },
    ],
    [
      'extension members',
      { type: 'u', code: 'no_stock', request_id: 'req_1', other: {} },
      { type: 'u', code: 'no_stock', requestId: 'req_1', issues: [] },
    ],
  ])('are read: %s', (_, body, expected) => {
    expect(read(body, problem)).toEqual(expected);
    expect(read(body, 'Application/Problem+JSON; charset=utf-8')).toEqual(expected);
  });

  test.each(['[1,2]', '{"type":', ''])('are none in %s', (text) => {
    expect(read(text, problem)).toEqual({ issues: [] });
  });
});

test('a short text is the message', () => {
  expect(said('not found', 'text/plain')).toEqual({ message: 'not found', issues: [], data: 'not found' });
});

describe('the words of a caller', () => {
  const kindOf = (message: string) => answer(JSON.stringify({ message }), json).kind;

  test('are no throttle where a message quotes them', () => {
    expect(kindOf('A webhook named "rate limit exceeded" already exists')).toBe('invalid');
    expect(kindOf('The template must not contain the phrase rate limit reached')).toBe('invalid');
    expect(kindOf('Application API rate limit exceeded for user 7')).toBe('rateLimited');
    expect(kindOf('(#130429) Rate limit hit')).toBe('rateLimited');
  });

  test('in a chat are not the message of its error', () => {
    expect(read({ status: 'bad', chat_messages: [{ role: 'user', text: 'my secret' }] })).toEqual({
      code: 'bad',
      issues: [],
    });
  });
});

describe('names with two meanings', () => {
  test('a message comes before the values of constraints', () => {
    const entry = { field: 'sku', message: 'is malformed', code: 'pattern', constraints: { pattern: '^[A-Z]+$' } };
    expect(read({ errors: [entry] }).issues).toEqual([{ path: 'sku', message: 'is malformed', code: 'pattern' }]);
  });

  test('a list under the name of an error is that of a field', () => {
    expect(read({ emailError: ['is taken'] }).issues).toEqual([{ path: 'emailError', message: 'is taken' }]);
    expect(read({ applicationError: { reason: ['x'] } }).issues).toEqual([]);
  });

  const wait = (headers: Record<string, string>) =>
    readApiAnswer({ status: 429, headers: new Headers(headers), text: '{}', wallNowMs: 0 });

  test('a reset in seconds and one in milliseconds are each read by their unit', () => {
    const quota = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0' };
    expect(wait({ ...quota, 'x-ratelimit-reset': '30', 'x-ratelimit-reset-ms': '30000' }).waitMs).toBe(30_000);
    expect(wait({ ...quota, 'x-ratelimit-reset-ms': '30000' }).waitMs).toBe(30_000);
  });

  test('a unit is the name of a window where other headers have it', () => {
    const window = (name: string, reset: string) => ({
      [`x-ratelimit-limit-${name}`]: '10',
      [`x-ratelimit-remaining-${name}`]: '0',
      [`x-ratelimit-reset-${name}`]: reset,
    });
    expect(wait({ ...window('seconds', '1'), ...window('minutes', '30') }).quotas).toEqual([
      { bucket: 'minutes', limit: 10, remaining: 0, resetAt: 30_000, counts: 'requests' },
      { bucket: 'seconds', limit: 10, remaining: 0, resetAt: 1000, counts: 'requests' },
    ]);
  });
});

describe('a hostile body', () => {
  test.each(['<html>502</html>', '{"error":{"code":"x"', '{error}', '\u0000', '{'])('%s is text', (text) => {
    expect(said(text, json)).toEqual({ issues: [], data: text });
  });

  test.each([undefined, '', '  \n'])('that is empty gives nothing: %j', (text) => {
    expect(said(text, json)).toEqual({ issues: [], data: undefined });
  });

  test('changes no prototype and is given none', () => {
    const text =
      '{"__proto__":{"message":"bad","error":{"code":"bad"}},"error":{"__proto__":{"code":"bad"}},"constructor":1}';
    const body = said(text, json);
    expect(body.code).toBeUndefined();
    expect(body.message).toBeUndefined();
    expect(({} as { message?: string }).message).toBeUndefined();
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
  });

  test('is not read through a polluted prototype', () => {
    const prototype = Object.prototype as { code?: string };
    prototype.code = 'polluted';
    try {
      expect(Object.hasOwn(said('{"error":{}}', json), 'code')).toBe(false);
    } finally {
      delete prototype.code;
    }
  });

  test('may nest as deep as it likes', () => {
    const lists = `{"errors":${'['.repeat(30_000)}"x"${']'.repeat(30_000)}}`;
    expect(read(lists).issues).toEqual([]);
    const objects = `{"errors":${'{"a":'.repeat(10_000)}"x"${'}'.repeat(10_000)}}`;
    expect(read(objects).issues).toEqual([]);
  });

  test('may hold texts of any length; what is kept of them is short', () => {
    const long = 'x'.repeat(100_000);
    const body = said(
      JSON.stringify({
        error: { code: long, message: long, request_id: long, issues: [{ path: long, message: long }] },
      }),
      json,
    );
    expect(body.code).toHaveLength(200);
    expect(body.requestId).toHaveLength(200);
    expect(body.message).toHaveLength(2000);
    expect(body.issues[0]?.message).toHaveLength(500);
    expect(body.issues[0]?.path).toHaveLength(200);
  });

  test('of many megabytes is not parsed', () => {
    const text = `["${'x'.repeat(2_000_000)}"]`;
    expect(said(text, json).data).toBe(text);
  });

  test('costs no time that grows faster than its length, whatever its members contain', () => {
    const names = 'id name status code error reason message title type path field location url trace errors details';
    const texts = ['a1', 'A_!', '1.', '/', ' x'].flatMap((part) => [part.repeat(500), `${part[0]?.repeat(199)}1`]);
    const bodies = names.split(' ').flatMap((name) => texts.map((text) => ({ [name]: text, error: { [name]: text } })));
    const readAll = (): void => {
      for (const body of bodies) said(JSON.stringify({ message: 'No', ...body, errors: [body] }), json);
    };
    // An expression that backtracks would take hours; the limit ends it.
    new Script('readAll()').runInNewContext({ readAll }, { timeout: 60_000 });
  });

  test('never makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.constantFrom(json, problem, null), (text, contentType) => {
        expect(Array.isArray(said(text, contentType).issues)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (error, errors, details) => {
        const { issues } = said(JSON.stringify({ error, errors, details }), json);
        expect(issues.every(({ path, message }) => typeof path === 'string' && message !== '')).toBe(true);
      }),
    );
  });
});
