import type { ClientOptions, ResilientClient } from 'holdfast';
import { expect, test } from 'vitest';
import { optionNames, streamNames } from '../src/options/known-names.ts';
import { rejection, scripted } from './support/scripted.ts';

/** The words of the engine's own TypeErrors: no check has refused the value before it was used. */
const unchecked = /is not a function|Cannot (read|destructure|mix|use 'in')|^(?!Headers|undefined:).*is not iterable/;

function messagesOf(error: unknown): readonly string[] {
  return error instanceof Error ? [error.message, ...messagesOf(error.cause)] : [];
}

/** The messages of the error that a use throws, or rejects with; none if it succeeds. */
async function failureOf(use: () => unknown): Promise<readonly string[]> {
  try {
    await use();
    return [];
  } catch (error) {
    return messagesOf(error);
  }
}

const answering: ClientOptions = { fetch: async () => Response.json({}) };

class Instance {
  readonly one = 1;
}

const wrong: readonly unknown[] = [
  null,
  5,
  -1,
  Number.NaN,
  '',
  'text',
  true,
  Symbol('s'),
  5n,
  [],
  [null],
  [5],
  new Array(2),
  {},
  Object.create(null),
  () => null,
  Instance,
  new Instance(),
  new Proxy({}, {}),
  Object.defineProperty(() => {}, 'name', { value: Symbol('n') }),
  new Date(0),
  new Map([['a', 1]]),
];

type Face = (api: ResilientClient, options: never) => unknown;

const url = 'https://api.example.com/x';
const faces: Readonly<Record<string, Face>> = {
  get: (api, options) => api.get('x', options),
  'a call of the client': (api, options) => api('x', options),
  'post().json()': (api, options) => api.post('x', options).json(),
  'the init of fetch': (api, options) => api.fetch(url, options),
  'init.holdfast': (api, options) => api.fetch(url, { holdfast: options }),
  events: (api, options) => api.events('x', options).response,
  lines: (api, options) => api.lines('x', options).response,
  extend: (api, options) => api.extend(options).get('x'),
  explain: (api, options) => api.explain(options),
  'explain of a status': (api, options) => api.explain({ status: 503, ...(options as object) }),
  'explain of a request': (api, options) => api.explain({ url: 'x', ...(options as object) }),
};

const ofExplain = ['method', 'url', 'status', 'headers', 'error', 'attempt', 'body', 'elapsedMs'];
const names = [...optionNames([]).known, ...streamNames, ...ofExplain];

test.each(Object.entries(faces))(
  '%s names an option of the wrong type, or leaves it to the platform',
  async (_, use) => {
    const { api } = scripted([], answering);
    for (const name of names) {
      for (const value of wrong) {
        const messages = await failureOf(() => use(api, { [name]: value } as never));
        expect(messages.filter((message) => unchecked.test(message))).toEqual([]);
      }
    }
  },
);

const calls = ['get', 'post', 'query', 'fetch', 'events', 'lines', 'explain', 'extend', 'on', 'close'] as const;

test.each(calls)('%s() refuses an argument of the wrong type in words that say what is wrong', async (name) => {
  for (const value of [undefined, ...wrong]) {
    for (const given of [[value], ['x', value], ['retry.scheduled', value]]) {
      const { api } = scripted([], answering);
      const messages = await failureOf(() => {
        const result: unknown = (api[name] as (...given: readonly unknown[]) => unknown)(...given);
        return name === 'events' || name === 'lines' ? (result as { response: unknown }).response : result;
      });
      expect(messages.filter((message) => unchecked.test(message))).toEqual([]);
    }
  }
});

test.each([undefined, null])('a call whose URL is %s is refused as ky refuses other values', async (url) => {
  const { api } = scripted([], answering);
  const words = '`input` must be a string, URL, or Request';
  expect(() => api.get(url as never)).toThrow(words);
  expect(() => api.get(5 as never)).toThrow(words);
  expect(await rejection(api.events(url as never).response)).toEqual(new TypeError(words));
});

test('explain() refuses a method, headers or a time of the wrong type', () => {
  const { api } = scripted([]);
  const explain = (input: object) => () => api.explain(input);
  expect(explain({ method: 5 })).toThrow(/^explain: method must be a string such as 'POST', got 5$/);
  expect(explain({ status: 503, headers: 5 })).toThrow(/^explain: headers must be an object such as .*, got 5$/);
  expect(explain({ status: 503, elapsedMs: '5' })).toThrow(/^explain: elapsedMs must be a number ≥ 0 .*got "5"$/);
  expect(explain({ status: 503, attempt: 0 })).toThrow(/^explain: attempt must be an integer ≥ 1, got 0$/);
  expect(explain({ url: 'x', headers: [5] })).toThrow(/Headers/);
});
