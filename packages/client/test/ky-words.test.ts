import { inspect } from 'node:util';
import { hang, networkFailureOf } from '@holdfast/core/testing';
import {
  type ApiError,
  HTTPError,
  isForceRetryError,
  isHTTPError,
  isKyError,
  isNetworkError,
  isTimeoutError,
  NetworkError,
  TimeoutError,
} from 'holdfast';
import * as ky from 'ky';
import { expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

async function failures(): Promise<Record<string, Error>> {
  const status = scripted([{ status: 404, json: { why: 'gone' } }]);
  const attempt = scripted([hang()], { timeout: 10, retry: 0 });
  const deadline = scripted([hang()], { timeout: 10, totalTimeout: 10 });
  const network = scripted([networkFailureOf('ECONNRESET')], { retry: 0 });
  const closed = scripted([]);
  await closed.api.close();
  const of = async ({ api, clock }: typeof status, context = {}) => clock.run(rejection(api.post('x', { context })));
  return {
    status: await of(status, { user: 'hush-4711' }),
    attempt: await of(attempt),
    deadline: await of(deadline),
    network: await of(network),
    closed: await of(closed),
  };
}

/** How a `catch` that was written for ky classifies an error. */
function told(error: unknown): string {
  const words: readonly (readonly [string, boolean])[] = [
    ['HTTPError', error instanceof HTTPError],
    ['isHTTPError', isHTTPError(error)],
    ['TimeoutError', error instanceof TimeoutError],
    ['isTimeoutError', isTimeoutError(error)],
    ['NetworkError', error instanceof NetworkError],
    ['isNetworkError', isNetworkError(error)],
    ['isKyError', isKyError(error)],
    ['isForceRetryError', isForceRetryError(error)],
  ];
  return words.flatMap(([word, holds]) => (holds ? [word] : [])).join(' ');
}

test('ky’s guards and classes recognise the typed errors', async () => {
  const { status, attempt, deadline, network, closed } = await failures();
  expect(told(status)).toBe('HTTPError isHTTPError isKyError');
  expect(told(attempt)).toBe('TimeoutError isTimeoutError isKyError');
  expect(told(deadline)).toBe('TimeoutError isTimeoutError isKyError');
  expect(told(network)).toBe('NetworkError isNetworkError isKyError');
  expect(ky.isNetworkError(network)).toBe(true);
  for (const other of [closed, new Error('no'), new TypeError('fetch failed'), undefined, null, 'words']) {
    expect(told(other)).toBe('');
  }
});

test('a network failure that a hook is shown is known by ky’s class and by Holdfast’s', async () => {
  const shown: unknown[] = [];
  const see = ({ error }: { readonly error: Error }): Error => {
    shown.push(error);
    return error;
  };
  const { api } = scripted([networkFailureOf('ECONNRESET')], { retry: 0, hooks: { beforeError: [see] } });
  await rejection(api.get('x'));
  expect(shown.map((error) => [error instanceof NetworkError, error instanceof ky.NetworkError])).toEqual([
    [true, true],
  ]);
  expect(new ky.NetworkError(new Request('https://a.example/')) instanceof NetworkError).toBe(false);
  class Own extends NetworkError {}
  expect(shown[0] instanceof Own).toBe(false);
});

test('a timeout has the name that fetch, ky and AbortSignal.timeout() give it', async () => {
  const { attempt, deadline } = await failures();
  expect([attempt?.name, deadline?.name]).toEqual(['TimeoutError', 'TimeoutError']);
  expect([attempt?.constructor.name, deadline?.constructor.name]).toEqual([
    'AttemptTimeoutError',
    'DeadlineExceededError',
  ]);
});

test('so are ky’s own', () => {
  const request = new Request('https://api.example.com/');
  const options = {} as ky.NormalizedOptions;
  expect(told(new ky.HTTPError(new Response(), request, options))).toBe('HTTPError isHTTPError isKyError');
  expect(told(new HTTPError(new Response(), request, options))).toBe('HTTPError isHTTPError isKyError');
  expect(told(new ky.TimeoutError(request))).toBe('TimeoutError isTimeoutError isKyError');
});

test('a class of the user that extends one of them recognises only its own instances', async () => {
  class Mine extends HTTPError {}
  class Late extends TimeoutError {}
  const { status, attempt } = await failures();
  const request = new Request('https://api.example.com/');
  const mine = new Mine(new Response(), request, {} as ky.NormalizedOptions);
  expect([mine instanceof Mine, mine instanceof HTTPError, status instanceof Mine, attempt instanceof Late]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('an error status has what ky’s has: data, response, request and options, of which nothing prints the context', async () => {
  const { status } = await failures();
  if (!(status instanceof HTTPError)) throw new Error('no HTTPError');
  expect(status.data).toEqual({ why: 'gone' });
  expect([status.response.status, await status.response.json()]).toEqual([404, { why: 'gone' }]);
  expect(status.request).toEqual({ method: 'POST', url: 'https://api.example.com/v1/x' });
  expect(status.options).toEqual({ method: 'POST', context: { user: 'hush-4711' } });
  const error = status as unknown as ApiError;
  const printed = `${inspect(error, { showHidden: true, depth: 9 })}${JSON.stringify(error)}${error.supportReport()}`;
  expect(printed + JSON.stringify({ ...error })).not.toContain('hush-4711');
});
