import { inspect } from 'node:util';
import { HTTPError, isHTTPError, isKyError, type NormalizedOptions } from 'ky';
import { expect, test } from 'vitest';
import { redactedHttpError } from './redacted-http-error.ts';

const secret = 'hush-4711';

function leaky(): HTTPError {
  const request = new Request(
    `https://user:${secret}@api.example.com/x?api_key=${secret}&page=2`.replace(`user:${secret}@`, ''),
    {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'x-api-key': secret, cookie: `sid=${secret}`, 'x-page': '2' },
      body: secret,
    },
  );
  const options = {
    method: 'POST',
    headers: new Headers({ authorization: `Bearer ${secret}` }),
    body: `{"password":"${secret}"}`,
    context: { token: secret },
    baseUrl: `https://user:${secret}@api.example.com/`,
    prefix: `https://user:${secret}@api.example.com/`,
    retry: { limit: 2 },
  } as unknown as NormalizedOptions;
  const error = new HTTPError(new Response('{}', { status: 404, statusText: 'Not Found' }), request, options);
  error.data = { code: 'none' };
  return error;
}

test('it is still ky’s error, with status, data and request', () => {
  const response = new Response('{}', { status: 404 });
  const safe = redactedHttpError(leaky(), response);
  expect([isHTTPError(safe), isKyError(safe)]).toEqual([true, true]);
  expect(safe.response.status).toBe(404);
  expect(safe.data).toEqual({ code: 'none' });
  expect(safe.request.method).toBe('POST');
  expect(safe.request.url).toBe('https://api.example.com/x?api_key=***&page=2');
  expect(safe.request.headers.get('x-page')).toBe('2');
  expect(safe.message).toBe(
    'Request failed with status code 404 Not Found: POST https://api.example.com/x?api_key=***&page=2',
  );
  expect(safe.options.retry.limit).toBe(2);
});

test('it shows no secret, however it is printed', () => {
  const response = new Response('{}', { status: 404, headers: { 'set-cookie': `sid=${secret}` } });
  const safe = redactedHttpError(leaky(), response);
  const seen = [
    inspect(safe, { showHidden: true, depth: null, getters: true }),
    inspect(safe.options, { showHidden: true, depth: null }),
    inspect(safe.request, { showHidden: true, depth: null }),
    safe.message,
    String(safe.stack),
    JSON.stringify(safe),
    JSON.stringify([...safe.request.headers]),
  ];
  for (const text of seen) expect(text).not.toContain(secret);
});
