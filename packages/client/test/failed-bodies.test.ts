import {
  accept,
  type ClientOptions,
  createResilientClient,
  failFast,
  isApiError,
  type Outcome,
  type ResilientClient,
  type Strategy,
} from 'holdfast';
import { expect, test, vi } from 'vitest';

/**
 * The body of a failed answer is read before the decision. Where the call throws it as an error, the body itself is
 * read; where any other code may get the response, it is whole and unread.
 */

const at = 'https://api.example.com/orders';
/** Longer than what is read of an error. */
const longText = JSON.stringify({ message: 'Overloaded', padding: 'x'.repeat(100_000) });

interface Served {
  readonly client: ResilientClient;
  readonly answers: Response[];
  /** How often an answer was cloned. */
  readonly clones: () => number;
}

function serve(options: ClientOptions, body: () => BodyInit = () => longText): Served {
  const answers: Response[] = [];
  const clone = vi.fn(Response.prototype.clone);
  const client = createResilientClient({
    retry: 0,
    fetch: async () => {
      const answer = new Response(body(), { status: 503, headers: { 'content-type': 'application/json' } });
      answers.push(Object.assign(answer, { clone }));
      return answer;
    },
    ...options,
  });
  return { client, answers, clones: () => clone.mock.calls.length };
}

const thrown = (client: ResilientClient): Promise<unknown> =>
  client
    .get(at)
    .json()
    .catch((error: unknown) => error);

test.each<[string, ClientOptions]>([
  ['by default', {}],
  ['after retries', { retry: { limit: 2, delay: () => 1 }, retryBudget: false }],
  ['with policies that are values', { policies: { 503: failFast() } }],
  ['with a fallback that declines', { fallback: () => undefined }],
  ['with a limit', { rateLimit: { maxConcurrent: 1 } }],
])('an answer that is thrown is read without a copy: %s', async (_, options) => {
  const { client, answers, clones } = serve(options);

  const error = await thrown(client);
  if (!isApiError(error)) throw error;

  expect(await error.response.text()).toBe(longText.slice(0, 65_536));
  expect(clones()).toBe(0);
  expect(answers.map(({ bodyUsed }) => bodyUsed)).toEqual(answers.map(() => true));
});

/** Makes a call in some manner, and collects what a user's code reads. */
type Reading = (serve: (options: ClientOptions) => Served, read: (response: Response) => void) => Promise<unknown>;

const looksAt =
  (read: (response: Response) => void) =>
  (outcome: Outcome): undefined => {
    if (outcome.kind === 'response') read(outcome.response.clone());
  };

test.each<[string, Reading]>([
  ['client.fetch', async (of, read) => read(await of({}).client.fetch(at))],
  ['throwHttpErrors: false', async (of, read) => read(await of({ throwHttpErrors: false }).client.get(at))],
  [
    'throwHttpErrors as a function',
    async (of, read) => read(await of({ throwHttpErrors: () => false }).client.get(at)),
  ],
  ['an option of the call', async (of, read) => read(await of({}).client.get(at, { throwHttpErrors: false }))],
  ['accept()', async (of, read) => read(await of({ policies: { '5xx': accept() } }).client.get(at))],
  [
    'accept() in a rule',
    async (of, read) => read(await of({ rules: [{ when: { status: 503 }, policy: accept() }] }).client.get(at)),
  ],
  ['accept() of the call', async (of, read) => read(await of({}).client.get(at, { policies: { default: accept() } }))],
  ['a function as a policy', (of, read) => thrown(of({ policies: { 503: looksAt(read) } }).client)],
  [
    'a function as a rule',
    (of, read) => {
      const when = (outcome: Outcome): boolean => looksAt(read)(outcome) ?? false;
      return thrown(of({ rules: [{ when, policy: failFast() }] }).client);
    },
  ],
  ['a hook', (of, read) => thrown(of({ hooks: { afterResponse: [({ response }) => read(response)] } }).client)],
  [
    'a strategy',
    (of, read) => {
      const log: Strategy = {
        name: 'log',
        async execute(request, next, context) {
          const response = await next(request, context);
          read(response.clone());
          return response;
        },
      };
      return thrown(of({ perCall: [log] }).client);
    },
  ],
])('an answer that other code gets is whole: %s', async (_, call) => {
  const read: Promise<string>[] = [];
  await call(
    (options) => serve(options),
    (response) => read.push(response.text()),
  );

  expect(await Promise.all(read)).toEqual([longText]);
});

test('an answer that is thrown gives its permit back, also if its body is never whole', async () => {
  const stalls = (): ReadableStream =>
    new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(70_000)) });
  const { client, answers } = serve({ rateLimit: { maxConcurrent: 1, adaptive: false } }, stalls);

  for (let call = 0; call < 3; call++) expect(await thrown(client)).toSatisfy(isApiError);
  expect(answers).toHaveLength(3);
});
