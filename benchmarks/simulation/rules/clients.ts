import type { Rule } from '../world.ts';
import { asked, retrying } from './retrying.ts';

/** HTTP clients for JavaScript with their defaults, taken from their sources. Each attempt has the scenario's timeout. */

export const noRetry: Rule = {
  name: 'no retry',
  about: 'one attempt',
  client: (world) => retrying(world, () => undefined),
};

/** ky 2.1: 300 ms, 600 ms, no jitter; waits for `Retry-After` unchanged. */
const kyDelay = (outcome: Parameters<typeof asked>[0], retry: number): number =>
  asked(outcome) ?? 300 * 2 ** (retry - 1);

export const ky: Rule = {
  name: 'ky',
  about: 'two retries after 300 and 600 ms, without jitter; none after a timeout',
  client: (world) =>
    retrying(world, (outcome, retry) => (retry > 2 || outcome === 'timeout' ? undefined : kyDelay(outcome, retry))),
};

export const kyTimeouts: Rule = {
  name: 'ky, timeouts retried',
  about: 'the same with `retryOnTimeout`',
  client: (world) => retrying(world, (outcome, retry) => (retry > 2 ? undefined : kyDelay(outcome, retry))),
};

/** axios-retry 4.5: its timeout, ECONNABORTED, is no network error; 500 to 599 and 429 are retried at once. */
export const axiosRetry: Rule = {
  name: 'axios-retry',
  about: 'three retries without a wait; none after a timeout',
  client: (world) =>
    retrying(world, (outcome, retry) => (retry > 3 || outcome === 'timeout' ? undefined : (asked(outcome) ?? 0))),
};

/** got 15: 1 s, 2 s, each with up to 100 ms of jitter; waits for `Retry-After` up to the timeout of a request. */
export const got: Rule = {
  name: 'got',
  about: 'two retries after 1 and 2 s and up to 100 ms',
  client: (world) =>
    retrying(world, (outcome, retry) => {
      if (retry > 2) return undefined;
      const wait = asked(outcome);
      if (wait !== undefined) return wait <= world.timeoutMs ? wait : undefined;
      return 1000 * 2 ** (retry - 1) + 100 * world.random();
    }),
};

/** undici 8: its retry agent does not retry a headers timeout; 500 ms, doubled up to 30 s, no jitter. */
export const undiciRetry: Rule = {
  name: 'undici RetryAgent',
  about: 'five retries after 0.5, 1, 2, 4 and 8 s, without jitter; none after a timeout',
  client: (world) =>
    retrying(world, (outcome, retry) =>
      retry > 5 || outcome === 'timeout' ? undefined : Math.min(30_000, asked(outcome) ?? 500 * 2 ** (retry - 1)),
    ),
};
