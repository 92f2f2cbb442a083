import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createApiError } from './create-api-error.ts';
import { NetworkError } from './network-error.ts';
import type { ResilienceError } from './resilience-error.ts';
import { decision, errorBody, testCall } from './test-call.test-support.ts';

const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/='];
/** The secrets have a mark, so that no ordinary text equals one of them. */
const secrets = fc
  .string({ unit: fc.constantFrom(...alphabet), minLength: 8, maxLength: 40 })
  .map((text) => `zQ9${text}`);
const parameters = fc.constantFrom(
  'token',
  'access_token',
  'my_api_key',
  'X-Amz-Signature',
  'password',
  'client_secret',
);

const urls: readonly ((secret: string, name: string) => string)[] = [
  (secret) => `https://user:${encodeURIComponent(secret)}@api.example.com/orders`,
  (secret) => `https://${encodeURIComponent(secret)}@api.example.com/orders`,
  (secret) => `https://user:${secret}@api.example.com/orders`,
  (secret, name) => `https://api.example.com/orders?page=2&${name}=${encodeURIComponent(secret)}`,
  (secret, name) => `https://api.example.com/orders?${name}=${secret}&page=2#top`,
  (secret, name) => `https://api.example.com/#${name}=${secret}`,
  (secret, name) => `/orders?${name}=${secret}`,
];
const messages: readonly ((secret: string, name: string) => string)[] = [
  (secret) => `sent Authorization: Bearer ${secret}`,
  (secret) => `rejected Bearer ${secret}`,
  (secret, name) => `could not take ${name}=${secret} here`,
  (secret, name) => `body was {"${name}":"${secret}"}`,
  (secret, name) => `Failed to parse URL from https://user:${secret}@api.example.com/?${name}=${secret}`,
];

const cases = fc.record({
  secret: secrets,
  name: parameters,
  url: fc.constantFrom(...urls),
  text: fc.constantFrom(...messages),
});

function expectHidden(error: ResilienceError, secret: string): void {
  const shown = [
    JSON.stringify(error),
    JSON.stringify({ ...error }),
    inspect(error, { depth: 10, showHidden: true }),
    inspect({ wrapped: error }, { depth: 10 }),
    String(error),
    String(error.stack),
    error.timeline.join('\n'),
    error.supportReport(),
  ];
  for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
    for (const text of shown) expect(text).not.toContain(form);
  }
}

test('a secret in URL, userinfo, message, cause or detail appears nowhere on an error', () => {
  fc.assert(
    fc.property(cases, ({ secret, name, url, text }) => {
      const call = testCall(url(secret, name));
      call.attempts.push({ attempt: 1, errorCode: 'NETWORK', detail: text(secret, name), startedMs: 0, durationMs: 1 });
      call.decision = decision();
      const cause = Object.assign(new Error(text(secret, name)), {
        request: new Request('https://api.example.com/', { headers: { authorization: secret } }),
      });
      expectHidden(new NetworkError({ call, message: text(secret, name), cause }), secret);
    }),
    { numRuns: 300 },
  );
});

test('a secret in the headers or in the API’s answer appears nowhere on an error', () => {
  fc.assert(
    fc.property(cases, ({ secret, name, url, text }) => {
      const said = text(secret, name);
      const content = {
        hidden: secret,
        error: {
          code: said,
          message: said,
          type: said,
          param: said,
          request_id: said,
          issues: [{ path: 'a', message: said }],
        },
      };
      const headers = {
        'content-type': 'application/json',
        authorization: secret,
        'set-cookie': `session=${secret}`,
        'x-custom': secret,
      };
      const address = url(secret, name);
      const error = createApiError({
        call: testCall(address),
        response: new Response('', { status: 404, headers }),
        body: errorBody(content),
        base: { baseUrl: address, path: address },
        cause: new Error(said),
        dialects: [
          {
            name: 'own',
            read: () => {
              throw new Error(said);
            },
          },
        ],
      });
      expectHidden(error, secret);
    }),
    { numRuns: 300 },
  );
});
