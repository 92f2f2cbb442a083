import { HTTPError, isApiError } from 'holdfast';
import { answering, at, type Difference, errorOf, hanging, outcomeOf, soon } from './difference.ts';

const refused = async (): Promise<never> => {
  throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
};

export const ofErrors: readonly Difference[] = [
  {
    what: 'an error status',
    ky: '`HTTPError`',
    holdfast: 'an `ApiError`, which `HTTPError` of `holdfast` and its guard accept; ky’s own error is its `cause`',
    why: 'it says what the API meant',
    async scenario(create) {
      const error = await errorOf(create(answering(404)).get(at));
      return [error instanceof HTTPError, isApiError(error), error.cause instanceof HTTPError];
    },
    shows: { ky: [true, false, false], holdfast: [true, true, true] },
  },
  {
    what: 'the class of a timeout',
    ky: '`TimeoutError`',
    holdfast: '`AttemptTimeoutError`, `DeadlineExceededError`; their `name` is `TimeoutError`, and hooks see ky’s',
    why: 'the two ask for different remedies',
    async scenario(create) {
      const api = create({ fetch: hanging, timeout: 1, retry: 0 });
      const error = await errorOf(api.get(at));
      return [error.name, error.constructor.name];
    },
    shows: { ky: ['TimeoutError', 'TimeoutError'], holdfast: ['TimeoutError', 'AttemptTimeoutError'] },
  },
  {
    what: 'the message of an error status',
    ky: 'has the server’s own reason phrase',
    holdfast: 'has the standard’s: `413 Content Too Large`',
    why: 'equal messages are grouped, and HTTP/2 has no reason phrase',
    async scenario(create) {
      const { fetch } = answering(() => new Response('', { status: 413, statusText: 'Whoa' }));
      return (await errorOf(create({ fetch, retry: 0 }).get(at))).message;
    },
    shows: {
      ky: `Request failed with status code 413 Whoa: GET ${at}`,
      holdfast: `413 Content Too Large: GET ${at}`,
    },
  },
  {
    what: 'the messages of options',
    ky: 'name the option',
    holdfast: 'name path, value and remedy',
    why: 'the reader has to correct it',
    async scenario(create) {
      return (await errorOf((async () => create({ ...answering(200), timeout: 2 ** 31 }).get(at))())).message;
    },
    shows: {
      ky: 'The `timeout` option cannot be greater than 2147483647',
      holdfast:
        'createResilientClient: timeout must be a number from 0 to 2147483647 (milliseconds, or false for none), got 2147483648',
    },
  },
  {
    what: '`error.response`',
    ky: 'its body has been read',
    holdfast: 'its body can still be read',
    why: 'tools that log a response read it',
    async scenario(create) {
      const { fetch } = answering(() => new Response('why', { status: 410 }));
      const { response, data } = await errorOf<HTTPError>(create({ fetch }).get(at));
      return [data, response.bodyUsed, await outcomeOf(response.text())];
    },
    shows: { ky: ['why', true, 'TypeError'], holdfast: ['why', false, 'why'] },
  },
  {
    what: '`error.request`, `error.options`',
    ky: 'the Request; all of ky’s options',
    holdfast: 'the method, and the URL without its secrets; `method` and `context`',
    why: 'errors are logged',
    async scenario(create) {
      const { request, options } = await errorOf<HTTPError>(
        create(answering(410)).get(`${at}?token=abc`, { context: { a: 1 } }),
      );
      return [request.method, request.url, request instanceof Request, 'retry' in options, options.context];
    },
    shows: {
      ky: ['GET', `${at}?token=abc`, true, true, { a: 1 }],
      holdfast: ['GET', `${at}?token=***`, false, false, { a: 1 }],
    },
  },
  {
    what: 'an error’s body',
    ky: 'up to 10 MiB is read, for `timeout` (at most ten seconds where it is off)',
    holdfast: 'up to 64 KiB, for a second; beyond it `data` is `undefined`',
    why: 'an error must not hold the call',
    async scenario(create) {
      const { fetch } = answering(() => new Response('x'.repeat(100_000), { status: 410 }));
      const { data } = await errorOf<HTTPError<string>>(create({ fetch }).get(at));
      return data?.length;
    },
    shows: { ky: 100_000, holdfast: undefined },
  },
  {
    what: 'an error that a hook was shown, and throws again',
    ky: 'is thrown',
    holdfast: 'is thrown as the typed error that it stands for',
    why: 'a `catch` has one family of errors to know',
    async scenario(create) {
      const rethrow = ({ error }: { readonly error: Error }): never => {
        throw error;
      };
      const error = await errorOf(create({ fetch: refused, retry: soon, hooks: { beforeRetry: [rethrow] } }).get(at));
      return [error.name, (error as { code?: string }).code];
    },
    shows: { ky: ['NetworkError', undefined], holdfast: ['NetworkError', 'NETWORK'] },
  },
  {
    what: 'an empty body, with `parseJson`',
    ky: 'ky 2.1 passes it to `parseJson`, as its readme says; ky’s own tests, which are older, expect that it does not',
    holdfast: 'passes it to `parseJson`, too',
    why: '`parseJson` is how ky 2.1 lets its users handle empty bodies',
    async scenario(create) {
      const parsed: string[] = [];
      const parseJson = (text: string): string => `${parsed.push(text)}`;
      const api = create({ ...answering(200), parseJson });
      const [shortcut, ofResponse] = [await api.get(at).json(), await (await api.get(at)).json()];
      return [shortcut, ofResponse, parsed];
    },
    shows: { ky: ['1', '2', ['', '']], holdfast: ['1', '2', ['', '']] },
  },
];
