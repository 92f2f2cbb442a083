import { describe, expect, test } from 'vitest';
import { countWork } from '../../../test/parser-cost/count-work.ts';
import { parseCacheControl } from '../../cache/src/rules/cache-control.ts';
import { judgeBy } from '../../cache/src/rules/policy.ts';
import { parseRange } from '../../cache/src/serving/range.ts';
import { listOf, storedHeaders } from '../../cache/src/store/entry.ts';
import { decode } from '../../cache/src/store/item-json.ts';
import { parseOpening } from '../../circuit-breaker/src/fleet/fleet.ts';
import { initialState } from '../../circuit-breaker/src/options/initial-state.ts';
import { parseServerTiming } from '../../core/src/api-answer/header-timing.ts';
import { readApiAnswer } from '../../core/src/api-answer/read-api-answer.ts';
import { messageOfPage, readXml } from '../../core/src/api-answer/read-markup.ts';
import { messageOfText } from '../../core/src/api-answer/read-message.ts';
import { parseChallenges } from '../../core/src/api-answer/www-authenticate.ts';
import { contentRange } from '../../core/src/bodies/content-range.ts';
import { aboutRequest } from '../../core/src/errors/about-request.ts';
import { describeJoin } from '../../core/src/errors/joined-from.ts';
import { routeTemplate } from '../../core/src/errors/route-template.ts';
import { originFence } from '../../core/src/fences/allowed-origins.ts';
import { systemClock } from '../../core/src/kernel/clock.ts';
import { pathPattern } from '../../core/src/options/path-pattern.ts';
import { urlInWords } from '../../core/src/platform/code-in-words.ts';
import { originOf } from '../../core/src/platform/origin.ts';
import { oneLine } from '../../core/src/redact/cause.ts';
import { isSecretName, redactText, redactUrl } from '../../core/src/redact/redact.ts';
import { parseHttpDate } from '../../core/src/server-timing/http-date.ts';
import { lastingPart } from '../../rate-limiter/src/buckets/lasting-part.ts';
import { pathPatternOf } from '../../rate-limiter/src/buckets/path-pattern.ts';
import { personalHeaders } from '../../rate-limiter/src/buckets/personal-headers.ts';
import { personalQuery } from '../../rate-limiter/src/buckets/personal-query.ts';
import { parsePause } from '../../rate-limiter/src/fleet/pause-message.ts';
import { shownKeyOf } from '../../rate-limiter/src/limiter/shown-key.ts';
import { JsonTail } from '../../rate-limiter/src/units/json-tail.ts';
import { readStatusPage } from '../src/status-page/read-status-page.ts';
import { eventFormat } from '../src/streams/event-format.ts';
import type { Format } from '../src/streams/format.ts';
import { BrokenLine, lineFormat } from '../src/streams/line-format.ts';

const now = Date.UTC(2026, 10, 29);

/** Headers contain no control characters, and are trimmed. */
function headersWith(names: readonly string[], text: string): Headers {
  const headers = new Headers();
  for (const name of names) headers.set(name, text.replace(/[^\t\x20-\x7e]/g, ' '));
  return headers;
}

const timing = [
  ...['retry-after', 'retry-after-ms', 'ratelimit', 'ratelimit-policy', 'ratelimit-reset', 'ratelimit-remaining'],
  ...['x-ratelimit-reset', 'x-ratelimit-remaining', 'x-ratelimit-limit', 'x-rate-limit-reset', 'date', 'age'],
];
const told = [
  ...timing,
  ...[
    'x-ratelimit-resource',
    'x-request-id',
    'traceparent',
    'www-authenticate',
    'link',
    'x-error-code',
    'content-type',
  ],
];
const patterns = ['/**/a/**', '/a*b*c', '/orders/:id/**', '**'].map((pattern) => pathPattern(pattern, 'test'));
/** A body arrives in pieces of any length. */
function fed(format: Format<never>, text: string, size: number): void {
  const parser = format.parser({
    longest: Number.POSITIVE_INFINITY,
    item: () => undefined,
    id: () => undefined,
    retry: () => undefined,
  });
  try {
    for (let at = 0; at < text.length; at += size) parser.feed(text.slice(at, at + size));
    parser.end();
  } catch (error) {
    if (!(error instanceof BrokenLine)) throw error;
  }
}

/** The reader of a stream with `usage`. */
function lastJson(text: string, contentType: string, size: number): void {
  const tail = new JsonTail(contentType, ['usage.total_tokens']);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) tail.add(bytes.subarray(at, at + size));
  unlessSyntax(() => tail.json('usage.total_tokens'));
}

function unlessSyntax(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
}

const judge = judgeBy(systemClock, {} as never);
/** An entry as a store may return it, with the text in each place. */
const storedWith = (text: string): string =>
  JSON.stringify({
    key: 'k',
    entry: {
      ...{ status: 200, statusText: text, body: '', bytes: 0, requestedAt: now, receivedAt: now },
      headers: [
        ['cache-control', `max-age=60, ${text}`],
        ['vary', text],
        ['x', text],
      ].map(([name, value]) => [name, value?.replace(/[^\t\x20-\x7e]/g, ' ').trim()]),
    },
  });
const page = (text: string): string =>
  JSON.stringify({
    status: { description: text, indicator: text },
    page: { url: `https://${text}` },
    incidents: [{ name: text, status: text, shortlink: `https://${text}`, incident_updates: [{ body: text }] }],
  });
const fence = originFence(['https://a.example/v1/'], 'test');

/** All parsers of text that a server, a caller or a third party has written. */
const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  'server timing': (text) => parseServerTiming(headersWith(timing, text), now),
  'HTTP dates': (text) => parseHttpDate(text, now),
  'answers: headers': (text) =>
    readApiAnswer({ status: 429, headers: headersWith(told, text), text: '', wallNowMs: now }),
  'answers: a body of any kind': (text) => readApiAnswer({ status: 400, headers: new Headers(), text, wallNowMs: now }),
  'answers: JSON with it in each place': (text) =>
    readApiAnswer({
      ...{ status: 400, wallNowMs: now, headers: headersWith(['content-type'], 'application/json') },
      text: JSON.stringify({
        error: { code: text, message: text, type: text, param: text, request_id: text },
        errors: [text],
      }),
    }),
  'titles of pages': (text) => messageOfPage(text, 502),
  XML: (text) => readXml(text, 400),
  'plain text': messageOfText,
  'WWW-Authenticate': (text) => parseChallenges(text),
  'Cache-Control': parseCacheControl,
  'lists of header names': listOf,
  'what a Connection header names': (text) => storedHeaders(headersWith(['connection', 'a'], text)),
  Range: parseRange,
  'Content-Range': (text) => contentRange(headersWith(['content-range'], text)),
  'secrets in text': redactText,
  'secrets in URLs': redactUrl,
  'names of secrets': isSecretName,
  'one line': (text) => oneLine(text, 1_000_000),
  'the join of baseUrl and path': (text) => describeJoin(404, { baseUrl: `https://a.example/${text}`, path: text }),
  'routes of errors': (text) => routeTemplate(`https://a.example/${text}`),
  'routes of pauses': (text) => pathPatternOf(`https://a.example/${text}`),
  'patterns of paths': (text) => patterns.map((pattern) => pattern.test(`/${text}`)),
  'URLs in words': urlInWords,
  origins: originOf,
  'headers that say who is asking': (text) =>
    personalHeaders(headersWith(['authorization', 'dpop', 'signature-input', 'x-a'], text), {
      idempotencyHeader: undefined,
      withoutHeader: undefined,
    }),
  'keys in a query': (text) => personalQuery(`https://a.example/?api_key=1&${text}`, false),
  'who signs': (text) => {
    for (const scheme of [
      'AWS4-HMAC-SHA256 Credential=',
      'Digest username="',
      'SharedKey ',
      'Bearer eyJ',
      'OAuth ',
      '',
    ])
      lastingPart(scheme + text);
  },
  'pauses of other processes': (text) => {
    parsePause(text);
    parsePause(
      JSON.stringify({ from: text, digest: '0'.repeat(32), owner: text, bucket: text, pauseMs: 1, source: text }),
    );
  },
  'openings of other processes': (text) => {
    parseOpening(text);
    parseOpening(JSON.stringify({ from: text, key: text, forMs: 1 }));
  },
  'circuits of an earlier process': (text) =>
    initialState([{ key: text || 'a', state: 'open', retryAfterMs: 1 }], {
      ...{ path: 'initialState', maxKeys: 10, isKey: () => true },
    }),
  'entries of a cache store': (text) => {
    const expected = { key: 'k', wallNow: now, maxEntryBytes: 1_000_000 };
    decode(text, expected, judge);
    decode(storedWith(text), expected, judge);
  },
  'status pages': (text) => {
    unlessSyntax(() => readStatusPage(text));
    unlessSyntax(() => readStatusPage(page(text)));
  },
  'URLs that a fence allows': (text) => fence.allows(`https://a.example/v1/${text}`),
  'URLs in messages': (text) => aboutRequest({ method: 'GET', url: `https://a.example/${text}` }, (request) => request),
  'keys of limits': (text) =>
    shownKeyOf(text, new Request('https://a.example', { headers: { authorization: 'hush-hush' } })),
  'usage in an answer': (text) => lastJson(text, 'application/json', 7),
  'usage in events': (text) => lastJson(text, 'text/event-stream', 7),
  'usage in events of one line': (text) => lastJson(`data: {"${text.replace(/[\r\n]/g, ' ')}`, 'text/event-stream', 7),
  'usage in lines': (text) => lastJson(text, 'application/x-ndjson', 7),
  'events, whole': (text) => fed(eventFormat as Format<never>, text, text.length),
  'events in small pieces': (text) => fed(eventFormat as Format<never>, text, 7),
  'JSON lines, whole': (text) => fed(lineFormat as Format<never>, text, text.length),
  'JSON lines in small pieces': (text) => fed(lineFormat as Format<never>, text, 7),
};

const pieces = [
  ...[
    ' ',
    '\t',
    '\n',
    '\r',
    ',',
    ', ',
    ' , ',
    ';',
    '; ',
    '=',
    '"',
    '\\',
    '\\"',
    "'",
    'a',
    'aA',
    '0',
    '9,',
    '.',
    '-',
    '_',
  ],
  ...[
    '<',
    '<a',
    '<a>',
    '<title>',
    '<!--',
    '</',
    '>',
    '&',
    '&#',
    '&amp;',
    ':',
    '/',
    '//',
    '/a',
    '/0',
    '/*',
    '%',
    '%2',
    '%41',
  ],
  ...[
    '{',
    '[',
    '{"a":',
    '[[',
    '@',
    '?',
    '?a=',
    '&a=b',
    '#',
    'a=b,',
    'a="b",',
    'a="',
    'a;b=1,',
    'Bearer ',
    'token=',
    'key: ',
  ],
  ...[
    'cookie: a',
    'authorization',
    'https://',
    'eyJa.',
    'sk-',
    'x:/',
    'data: a\n',
    'data:\n\n',
    'id: 1\n\n',
    ':\r\n',
    'max-age=1,',
  ],
  ...['\u0000', '\u001b[', '\ufeff', '\ud800', 'é', ' a', 'a ', '- ', 'Basic realm="', 'ab:', "'a", 'A1', '-a', '._'],
];
const ends = ['', '!', '"', ' x', '\n'];
const [short, long] = [400, 800];
const fill = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

/**
 * An expression that begins with a repetition, and can fail after it, starts again at each position in a long run of the
 * repeated character: "spaces, a comma" on spaces alone takes quadratic time. The engine does not report these restarts,
 * so this test checks the form of the expression.
 */
function startsAnewInRuns(expression: string): boolean {
  const [, source = ''] = /^\/(.*)\/\w*$/s.exec(expression) ?? [];
  return /^(?:\[(?:[^\]\\]|\\.)*\]|\\.|\.|[^\\[(^$|])(?:[*+]|\{\d+,\})\??[^|?]/s.test(source);
}

/** Two are sticky: they match at one position only, and continue after the match. The third can't fail. */
const harmless = [
  ...[String.raw`/[-._~+/\dA-Za-z]+=*(?=[ \t]*(?:,|$))/y`, String.raw`/[ \t]*=[ \t]*/y`],
  String.raw`/[A-Z]+[a-z]*|[a-z]+|\d+/g`,
];

describe('the work of a parser of hostile input grows with the input, and not with its square', () => {
  test.each(Object.entries(parsers))('%s', (_, parse) => {
    parse('a');
    const tooMuch: string[] = [];
    const work = (length: number, end: string, only: readonly string[] = pieces): number =>
      countWork(() => {
        for (const piece of only) parse(fill(piece, length) + end);
      }, '/packages/').steps;
    const isTooMuch = (...given: readonly [end: string, only?: readonly string[]]): boolean =>
      work(long, ...given) > 2.2 * work(short, ...given) + 500;
    // All pieces are counted together, because counting takes time. They are counted one by one only if the sum is too
    // high.
    for (const end of ends) {
      if (!isTooMuch(end)) continue;
      tooMuch.push(...pieces.filter((piece) => isTooMuch(end, [piece])).map((piece) => JSON.stringify(piece + end)));
    }
    expect(tooMuch).toEqual([]);
    const { expressions } = countWork(() => {
      for (const piece of pieces) for (const end of ends) parse(fill(piece, 40) + end);
    }, '/packages/');
    expect([...expressions].filter((one) => startsAnewInRuns(one) && !harmless.includes(one))).toEqual([]);
  });

  test('work by the square of the input is seen', () => {
    const quadratic = (text: string): unknown => [...text].map((_, index) => text.indexOf('#', index));
    const once = countWork(() => quadratic(fill('a', short)), '/packages/').steps;
    expect(countWork(() => quadratic(fill('a', long)), '/packages/').steps).toBeGreaterThan(3.5 * once);
    const { expressions } = countWork(() => 'a , b'.split(/\s*,\s*/), '/packages/');
    expect([...expressions].filter(startsAnewInRuns)).toEqual([String.raw`/\s*,\s*/y`]);
  });
});
