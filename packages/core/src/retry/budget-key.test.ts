import { expect, it } from 'vitest';
import { createCall } from '../calls/create-call.ts';
import { NetworkError } from '../errors/network-error.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { budgetKey } from './budget-key.ts';

const request = { url: 'https://api.example.com/orders' };
const call = createCall('GET', request.url, new ManualClock());

it('an answer concerns the origin that gave it', () => {
  const response = Object.defineProperties(new Response(null, { status: 503 }), {
    url: { value: 'https://b.example/x' },
    redirected: { value: true },
  });
  const outcome = { kind: 'response', status: 503, headers: response.headers, response } as const;
  expect(budgetKey(request, outcome)).toBe('https://b.example');
});

it.each([
  [false, 'https://api.example.com'],
  [true, 'https://api.example.com (redirected)'],
])('a connection that failed after a redirect elsewhere (%s) is none of the API itself', (elsewhere, key) => {
  const error = new NetworkError({ call, message: 'reset', cause: undefined, elsewhere });
  expect(budgetKey(request, { kind: 'error', error, code: 'NETWORK' })).toBe(key);
});
