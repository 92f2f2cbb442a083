import { type ClientOptions, createResilientClient, ky, type ResilientClient, retry } from 'holdfast';
import { expect, onTestFinished, test } from 'vitest';
import { baseUrl, until } from './support/scripted.ts';

/** A client with one permit, whose fetch answers with these functions, one after the other. */
function shop(
  options: ClientOptions,
  ...answers: readonly (() => Response)[]
): { api: ResilientClient; sent: string[] } {
  const sent: string[] = [];
  const api = createResilientClient({
    ...{ baseUrl, rateLimit: { maxConcurrent: 1 }, totalTimeout: 5_000 },
    ...options,
    fetch: async (input) => {
      sent.push(new URL((input as Request).url).pathname);
      return answers[Math.min(sent.length, answers.length) - 1]?.() as Response;
    },
  });
  onTestFinished(() => api.close());
  return { api, sent };
}

/** An answer whose body ends, or breaks, when the test says so. */
function slow(): { answer: Response; end(): void; break(): void } {
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      body = controller;
    },
  });
  const answer = new Response(stream, { headers: { 'content-type': 'application/json' } });
  return {
    answer,
    end() {
      body?.enqueue(new TextEncoder().encode('1'));
      body?.close();
    },
    break: () => body?.error(new TypeError('terminated')),
  };
}

const ok = (): Response => Response.json(2);

test('a body that a shortcut reads stays the one that fetch gave: no stream is put around it', async () => {
  const answer = Response.json(1);
  let read = 0;
  const text = answer.text.bind(answer);
  answer.text = () => {
    read++;
    return text();
  };
  const { api } = shop({}, () => answer);
  expect(await api.get('a').json()).toBe(1);
  expect(read).toBe(1);
});

test.each(['json', 'text', 'arrayBuffer', 'blob'] as const)(
  '.%s() holds its permit until the body has ended',
  async (shortcut) => {
    const first = slow();
    const { api, sent } = shop({}, () => first.answer, ok);
    const reading = api.get('a')[shortcut]();
    await until(() => sent.length === 1);
    const next = api.get('b').json();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect([sent.length, api.snapshot().limiters[0]?.running]).toEqual([1, 1]);
    first.end();
    await reading;
    expect(await next).toBe(2);
    expect(api.snapshot().limiters[0]).toMatchObject({ running: 0 });
  },
);

test('a body that breaks gives its permit back, and so does a call that is aborted while its body is read', async () => {
  const [broken, left] = [slow(), slow()];
  const { api, sent } = shop(
    {},
    () => broken.answer,
    () => left.answer,
    ok,
  );
  const failing = api
    .get('a')
    .json()
    .catch(({ code }: { code: string }) => code);
  await until(() => sent.length === 1);
  broken.break();
  expect(await failing).toBe('NETWORK');
  const caller = new AbortController();
  const aborted = api.get('b', { signal: caller.signal }).json().catch(String);
  await until(() => sent.length === 2);
  caller.abort('enough');
  expect(await aborted).toBe('enough');
  expect(await api.get('c').json()).toBe(2);
});

test.each<[string, ClientOptions]>([
  ['its call was aborted', {}],
  [
    'its call was aborted, since a strategy was busy with it',
    {
      perAttempt: [
        {
          name: 'busy',
          async execute(request, next, context) {
            const response = await next(request, context);
            await new Promise<void>((resolve) => setTimeout(resolve, 30));
            return response;
          },
        },
      ],
    },
  ],
])('an answer that comes when the shortcut has ended keeps no permit: %s', async (_name, options) => {
  let answer = (): void => {};
  const late = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { api, sent } = shop({ ...options, timeout: false }, ok);
  const fetch = async (): Promise<Response> => {
    sent.push('late');
    await late;
    return ok();
  };
  const caller = new AbortController();
  const left = api.get('a', { fetch, signal: caller.signal }).json().catch(String);
  await until(() => sent.length === 1);
  const isBusy = options.perAttempt !== undefined;
  if (isBusy) answer();
  await new Promise<void>((resolve) => setImmediate(resolve));
  caller.abort('enough');
  expect(await left).toBe('enough');
  if (!isBusy) answer();
  expect(await api.get('b').json()).toBe(2);
});

test('a parser may make a call of the same client: the body has been read by then', async () => {
  const { api } = shop({}, ok);
  const parseJson = async (text: string): Promise<unknown> => [text, await api.get('inner').json()];
  expect(await api.get('outer', { parseJson }).json()).toEqual(['2', 2]);
});

let asked = 0;
const failed = (): Response => Response.json({ failed: true });

test.each<[string, ClientOptions, first?: () => Response]>([
  ['a hook that asks for it', { hooks: { afterResponse: [() => (asked++ === 0 ? ky.retry() : undefined)] } }],
  [
    'a dialect that calls a success a failure',
    {
      dialect: {
        name: 'own',
        failure: { when: { path: 'failed' } },
        verdicts: [{ when: { path: 'failed' }, kind: 'overloaded', retry: true }],
      },
    },
    failed,
  ],
  ['a policy that sends a success again', { policies: { 200: retry({ limit: 1 }) } }],
  [
    'a strategy that sends twice',
    {
      perCall: [
        {
          name: 'twice',
          execute: async (request, next, context) => {
            await next(request, context);
            return next(request, context);
          },
        },
      ],
    },
  ],
])('an answer that is left for another one keeps no permit, with %s', async (_name, options, first = ok) => {
  const { api, sent } = shop({ random: () => 0, ...options }, first, ok);
  expect(await api.get('a').json()).toBe(2);
  expect(sent.length).toBe(2);
});
