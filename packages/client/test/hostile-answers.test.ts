import { inspect } from 'node:util';
import { ManualClock } from '@holdfast/core/testing';
import { type ApiError, type ClientOptions, createResilientClient, isApiError } from 'holdfast';
import { describe, expect, test } from 'vitest';

/**
 * A malicious or broken server. Whatever its failed answers contain, the call ends with a typed error that can be
 * printed, logged as JSON and sent to support, uses little memory, and is retried only if the answer justifies it.
 */

const at = 'https://api.example.com/orders';

interface Met {
  readonly error: ApiError;
  readonly sent: number;
  readonly waitedMs: number;
}

async function meet(answer: () => Response, options: ClientOptions = {}): Promise<Met> {
  const clock = new ManualClock();
  let sent = 0;
  const fetch = async (): Promise<Response> => {
    sent++;
    return answer();
  };
  const client = createResilientClient({
    clock,
    random: () => 0.5,
    fetch,
    rateLimit: { maxConcurrent: 10 },
    ...options,
  });
  const began = clock.now();
  const error = await clock.run(client.post(at, { json: { a: 1 } }).catch((thrown: unknown) => thrown));
  const waitedMs = clock.now() - began;
  await client.close();
  if (!isApiError(error)) throw new Error(`no ApiError: ${String(error)}`);
  return { error, sent, waitedMs };
}

/** All texts that a person or a log may see. */
function shown(error: ApiError): string {
  return [error.message, JSON.stringify(error), error.supportReport(), inspect(error)].join('\n');
}

const json = { 'content-type': 'application/json' };
const answer =
  (body: BodyInit | null, headers: HeadersInit = json, status = 400): (() => Response) =>
  () =>
    new Response(body, { status, headers });

test('a body of 10 MB is read to its first 64 KiB, and the rest is cancelled', async () => {
  let pulled = 0;
  let cancelled = false;
  const chunk = new TextEncoder().encode(`{"message":"${'x'.repeat(65_520)}"}`);
  const body = (): ReadableStream<Uint8Array> =>
    new ReadableStream(
      {
        pull(controller) {
          pulled += chunk.byteLength;
          if (pulled > 10_000_000) controller.close();
          else controller.enqueue(chunk);
        },
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  const { error } = await meet(() => new Response(body(), { status: 400, headers: json }));
  expect(error.data).toBeUndefined();
  expect([pulled <= 4 * chunk.byteLength, cancelled]).toEqual([true, true]);
});

test.each<[shape: string, body: string]>([
  ['lists', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['objects', `${'{"error":'.repeat(6000)}1${'}'.repeat(6000)}`],
  ['errors in errors', `${'{"errors":[{"message":"a","details":'.repeat(1500)}1${'}]}'.repeat(1500)}`],
  ['lists of issues in lists', `${'{"errors":['.repeat(4990)}1${']}'.repeat(4990)}`],
  ['lists of violations in lists', `${'[{"violations":'.repeat(3400)}1${'}]'.repeat(3400)}`],
  ['lists that never close', '['.repeat(65_000)],
])('JSON that is nested deep gives an error that can be shown: %s', async (_shape, body) => {
  const { error } = await meet(answer(body));
  expect(error.status).toBe(400);
  expect(error.issues.length).toBeLessThanOrEqual(100);
  expect(shown(error)).toContain('400');
});

test('an XML bomb is never expanded', async () => {
  const entities = Array.from({ length: 20 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${entities}]><Error><Code>&l20;</Code><Message>&l20;</Message></Error>`;
  const { error } = await meet(answer(bomb, { 'content-type': 'application/xml' }));
  expect(shown(error).length).toBeLessThan(40_000);
});

describe('headers', () => {
  test('of 60 kB are cut in what is shown', async () => {
    const long = 'y'.repeat(60_000);
    const headers = {
      ...json,
      'x-request-id': long,
      'x-error-code': long,
      'x-error-message': long,
      'retry-after': long,
    };
    const { error } = await meet(answer('{}', headers));
    expect(shown(error).length).toBeLessThan(20_000);
    expect(error.requestId?.length).toBeLessThanOrEqual(200);
  });

  test('with thousands of quotas give a few', async () => {
    const headers = new Headers(json);
    for (let n = 0; n < 5000; n++) headers.append(`x-ratelimit-remaining-q${n}`, '0');
    for (let n = 0; n < 2000; n++) headers.append('ratelimit', `"p${n}";r=0;t=${n}`);
    const { error } = await meet(answer('{}', headers, 429), { retry: 0 });
    expect(error.quotas.length).toBeLessThanOrEqual(300);
    expect(shown(error).length).toBeLessThan(200_000);
  });
});

describe('a body that is not what it says', () => {
  const latin = new Uint8Array([
    0x7b, 0x22, 0x6d, 0x65, 0x73, 0x73, 0x61, 0x67, 0x65, 0x22, 0x3a, 0x22, 0xfc, 0x22, 0x7d,
  ]);
  const utf16 = new Uint8Array([...'{"message":"No"}'].flatMap((letter) => [letter.charCodeAt(0), 0]));
  test.each<[about: string, body: BodyInit | null, headers: HeadersInit, message: string | undefined]>([
    ['invalid UTF-8', new Uint8Array([...latin.slice(0, 12), 0xff, 0x22, 0x7d]), json, '\uFFFD'],
    ['Latin-1, as its charset says', latin, { 'content-type': 'application/json; charset=iso-8859-1' }, 'ü'],
    ['UTF-16, as its charset says', utf16, { 'content-type': 'application/json; charset=utf-16le' }, 'No'],
    ['an unknown charset', '{"message":"No"}', { 'content-type': 'application/json; charset=klingon' }, 'No'],
    ['a byte-order mark', '\uFEFF{"message":"No"}', json, 'No'],
    ['JSON as text/html', '{"message":"No"}', { 'content-type': 'text/html' }, 'No'],
    ['JSON without a type', '{"message":"No"}', {}, 'No'],
    ['HTML as JSON', '<html><title>Bad gateway of ours</title></html>', json, 'Bad gateway of ours'],
    ['XML as JSON', '<Error><Message>No</Message></Error>', json, 'No'],
    ['half of JSON', '{"message":"No", "errors": [', json, undefined],
    ['nothing', null, json, undefined],
    ['blanks', '   \n ', json, undefined],
    ['null', 'null', json, undefined],
    ['a number', '42', json, undefined],
    ['true', 'true', json, undefined],
    ['an empty object', '{}', json, undefined],
  ])('%s', async (_about, body, headers, message) => {
    const { error, sent } = await meet(answer(body, headers));
    expect([error.error.message, error.issues, sent]).toEqual([message, [], 1]);
  });
});

test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'])(
  'a member named %s changes no object',
  async (name) => {
    const body = `{"${name}":{"message":"bad","code":"bad","polluted":true},"errors":{"${name}":["is bad"]},"message":"No"}`;
    const { error } = await meet(answer(body));
    expect(error.error).toMatchObject({ message: 'No' });
    expect(error.issues).toEqual([{ path: name, message: 'is bad' }]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(error instanceof Error && typeof error.toString === 'function').toBe(true);
  },
);

const secret = 'sk-live-0123456789abcdefghijklmnop';
const bearer = 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijklmnopqrstuvwxyz';

test.each<[where: string, body: object]>([
  ['code', { code: secret, message: 'No' }],
  ['message', { message: `Invalid key ${secret}, sent as ${bearer}` }],
  ['type', { message: 'No', type: secret }],
  ['param', { message: 'No', param: secret }],
  ['request id', { message: 'No', request_id: secret }],
  [
    'issues',
    {
      message: 'No',
      errors: [
        { path: secret, message: `was ${secret}`, code: secret },
        { path: 'b', message: 'x' },
      ],
    },
  ],
  ['help', { message: 'No', documentation_url: `https://docs.example.com/?token=${secret}` }],
])('a secret that the API repeats is redacted: %s', async (_where, body) => {
  const { error } = await meet(answer(JSON.stringify(body)));
  const { message, code, type, param, requestId } = error.error;
  const read = JSON.stringify([message, code, type, param, requestId, error.issues, error.helpUrl]);
  for (const text of [read, error.message, error.supportReport(), inspect(error)]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain('eyJzdWIi');
  }
});

test.each<[what: string, text: string]>([
  ['an escape sequence', '\u001b[2J\u001b]0;owned\u0007'],
  ['a carriage return', 'ok\r\nX-Injected: 1\r'],
  ['a backspace', 'abc\b\b\bxyz'],
  ['C1 controls', '\u009b31m'],
  ['a change of direction', '\u202egpj.exe\u2066'],
])('characters that control a terminal are removed: %s', async (_what, text) => {
  const body = {
    code: text,
    message: text,
    type: text,
    request_id: text,
    errors: [
      { path: text, message: text },
      { path: 'b', message: text },
    ],
  };
  const { error } = await meet(answer(JSON.stringify(body)));
  const { message, code, type } = error.error;
  const read = [
    message,
    code,
    type,
    error.requestId,
    error.message,
    ...error.issues.flatMap((issue) => Object.values(issue)),
  ];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for these characters
  for (const each of read) expect(each ?? '').not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
});

test.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//evil.example', 'https://a b', 5])(
  'a link that no browser may open is left out: %s',
  async (url) => {
    const body = JSON.stringify({ message: 'No', documentation_url: url });
    const dialect = { name: 'own', error: { helpUrl: ['documentation_url'] } };
    const read = { name: 'code', read: () => ({ helpUrl: String(url) }) };
    for (const options of [{}, { dialect }, { dialect: read }]) {
      expect((await meet(answer(body), options)).error.helpUrl).toBeUndefined();
    }
  },
);

test.each<[about: string, status: number, headers: HeadersInit, body: object]>([
  ['a wait of a million years', 429, { 'retry-after': '9'.repeat(30) }, {}],
  ['a wait in the body that no timer holds', 429, {}, { retry_after: 1e300 }],
  [
    'a quota that resets in a thousand years',
    429,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '40000000000' },
    {},
  ],
])('no call waits for %s', async (_about, status, headers, body) => {
  const { error, sent, waitedMs } = await meet(answer(JSON.stringify(body), { ...json, ...headers }, status));
  expect([sent, waitedMs, error.decision?.because]).toEqual([1, 0, 'retryAfterTooLong']);
  expect(Number.isSafeInteger(error.retryAfterMs)).toBe(true);
});
