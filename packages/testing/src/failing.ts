import { integerAtLeast, numberBetween } from '@holdfast/core/internal';
import { type Answer, checkAnswer, networkError } from './answers.ts';
import { checkOptions, type MockHandler, type MockOptions, mockHandler, type Target } from './mock-handler.ts';
import { seeded } from './seeded.ts';

export interface FlakyOptions extends MockOptions {
  /** The share of the requests that fails, from 0 to 1. */
  readonly ratio: number;
  /** The same seed gives the same failures. @defaultValue 1 */
  readonly seed?: number;
  /** How requests fail. @defaultValue 503 */
  readonly fault?: Answer;
}

/** Fails at random, but reproducibly. Requests that do not fail are answered by `answer`, or the next handler. */
export function flaky(url: Target, options: FlakyOptions): MockHandler {
  const where = 'flaky';
  checkOptions(where, options, ['ratio', 'seed', 'fault']);
  const { ratio, seed = 1, fault = 503 } = options;
  numberBetween(ratio, 0, 1, `${where}: ratio`);
  checkAnswer(fault, `${where}: fault`);
  let random = seeded(seed, `${where}: seed`);
  return mockHandler(
    where,
    url,
    options,
    () => (random() < ratio ? fault : undefined),
    () => {
      random = seeded(seed);
    },
  );
}

export interface DownOptions extends MockOptions {
  /** How the server fails. @defaultValue `networkError()` */
  readonly fault?: Answer;
}

/** A server that is down for ever, unless a method limits the time. */
export interface DownHandler extends MockHandler {
  /** The first `count` requests fail; then the server is back. */
  untilCalled(count: number): DownHandler;
  /** The server is back `ms` after the first request. */
  forMs(ms: number): DownHandler;
}

/** Fails every request; `down(url).untilCalled(3)` fails the first three. */
export function down(url: Target, options: DownOptions = {}): DownHandler {
  const where = 'down';
  checkOptions(where, options, ['fault']);
  const { fault = networkError() } = options;
  checkAnswer(fault, `${where}: fault`);
  let failures = Number.POSITIVE_INFINITY;
  let durationMs = Number.POSITIVE_INFINITY;
  let since: number | undefined;
  const handler = mockHandler(
    where,
    url,
    options,
    (number, _request, { clock }) => {
      since ??= clock.now();
      return number <= failures && clock.now() - since < durationMs ? fault : undefined;
    },
    () => {
      since = undefined;
    },
  );
  const further: Pick<DownHandler, 'untilCalled' | 'forMs'> = {
    untilCalled(count) {
      integerAtLeast(count, 0, `${where}: untilCalled`);
      failures = count;
      return handler as DownHandler;
    },
    forMs(ms) {
      numberBetween(ms, 0, Number.MAX_SAFE_INTEGER, `${where}: forMs`, 'milliseconds');
      durationMs = ms;
      return handler as DownHandler;
    },
  };
  return Object.assign(handler, further);
}
