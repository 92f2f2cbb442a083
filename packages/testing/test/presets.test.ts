import { type Dialect, readApiAnswer } from '@holdfast/core';
import { failureStatus } from '@holdfast/core/internal/late';
import * as presets from '@holdfast/dialects';
import { apiError } from '@holdfast/testing';
import { expect, test } from 'vitest';

/** Presets of APIs whose errors are a 200, and the code of their rate limit. */
const successes: Readonly<Record<string, string>> = {
  cloudflare: '10429',
  graphql: 'RATE_LIMITED',
  grpcWeb: 'RESOURCE_EXHAUSTED',
  jsonRpc: '-32005',
  kraken: 'EAPI:Rate limit exceeded',
  linear: 'RATELIMITED',
  shopify: 'THROTTLED',
  slack: 'ratelimited',
};

test.each(Object.entries(presets))('apiError() speaks %s, and is read back', async (name, preset) => {
  const dialect = (preset as () => Dialect)();
  const code = successes[name] ?? 'not_here';
  const status = name in successes ? 200 : 404;
  const made = apiError(status, { code, message: 'No such thing', dialect });
  if (typeof made !== 'function') throw new Error('no function');
  const response = await made(new Request('https://api.example.com/'), undefined as never);
  const parts = { status, headers: response.headers, text: await response.text(), wallNowMs: 0 };
  const answer = readApiAnswer(parts, [dialect]);
  // An error of Kraken's is a single text.
  const message = name === 'kraken' ? code : 'No such thing';
  expect({ code: answer.code, message: answer.message }).toEqual({ code, message });
  expect(answer.issues).toEqual([]);
  if (status === 200) expect([failureStatus(parts, [dialect], answer), answer.kind]).toEqual([429, 'rateLimited']);
  else expect(answer.kind).toBe('notFound');
});
