import { ManualClock } from '@holdfast/core/testing';
import { type ClientOptions, createResilientClient } from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';
import { baseUrl, rejection } from './support/scripted.ts';
import { after } from './support/tenants.ts';

/** The last error of several simultaneous calls. */
async function lastError(options: ClientOptions, calls: number, fetch: (clock: ManualClock) => Promise<Response>) {
  const clock = new ManualClock();
  const api = createResilientClient({ baseUrl, clock, random: () => 0.5, ...options, fetch: () => fetch(clock) });
  onTestFinished(() => api.close());
  const ends = Array.from({ length: calls - 1 }, (_, index) => api.get(`${index}`));
  const last = rejection<Error>(api.get('last'));
  await clock.run(Promise.allSettled([...ends, last]));
  return last;
}

const down = async (): Promise<Response> => new Response(null, { status: 503 });
const reset = (): Promise<Response> => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
const silent = (): Promise<Response> => new Promise(() => undefined);
const slow = (clock: ManualClock): Promise<Response> => after(clock, 50, 'a');

describe('the error of a call that a guard has ended', () => {
  const spent = '(the retry budget of this origin is spent); see `retryBudget`';
  test.each<[string, ClientOptions, number, (clock: ManualClock) => Promise<Response>, string]>([
    ['the budget, after a 503', {}, 20, down, spent],
    ['the budget, after a reset', {}, 20, reset, spent],
    ['the budget, after a timeout', { timeout: 1000 }, 20, silent, spent],
    ['an open circuit', { circuitBreaker: { minimumCalls: 2 }, retry: 3 }, 1, down, '; see `circuitBreaker`'],
    [
      'a full queue',
      { rateLimit: { maxConcurrent: 1, maxQueue: 0 } },
      2,
      slow,
      'maximum; see `rateLimit: { maxQueue }`',
    ],
    [
      'a long queue',
      { rateLimit: { maxConcurrent: 1, maxQueueMs: 20 } },
      2,
      slow,
      'within 20 ms; see `rateLimit: { maxQueueMs }`',
    ],
  ])('by %s names the option in its message, and shows decision and attempts to loggers', async (...row) => {
    const [, options, calls, fetch, words] = row;
    const error = await lastError(options, calls, fetch);
    expect(error.message).toContain(words);
    const logged: Record<string, unknown> = { ...error };
    expect(logged['decision']).toMatchObject({ action: 'fail', reason: expect.stringContaining('fail') });
    expect(logged['attempts']).toEqual(expect.arrayContaining([expect.objectContaining({ attempt: 1 })]));
  });
});
