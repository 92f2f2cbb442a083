import type { Clock } from '@holdfast/core';
import { OptionError, optionsObject } from '@holdfast/core/internal';
import type { SeenRequest } from '@holdfast/core/testing';
import { type HttpHandler, http } from 'msw';
import { type Answer, checkAnswer, give, type Moment, momentOf } from './answers.ts';
import { arrivalOf, clockFor } from './virtual-time.ts';

/** A handler for msw's `setupServer`, `setupWorker` and `use`, which counts its requests. */
export interface MockHandler extends HttpHandler {
  /** How many requests have arrived, whatever their answers were. */
  readonly calls: number;
  /** The requests, the oldest first. */
  readonly requests: readonly SeenRequest[];
}

/** The options that all handlers of this package share. */
export interface MockOptions {
  /** @defaultValue the clock of the test that controls the time (`holdfastTest`, `takeTime`), else the system's */
  readonly clock?: Clock;
  /** The answer when nothing fails. @defaultValue the next handler */
  readonly answer?: Answer;
}

/**
 * The requests that a handler answers: `'https://api.example.com/orders/:id'` for any method, `'POST https://…'` for
 * one; or a regular expression.
 */
export type Target = string | RegExp;

/** Returns the answer to one request; `undefined` lets the next handler answer. `number` is 1 for the first request. */
export type Decide = (number: number, request: Request, moment: Moment) => Answer | undefined;

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const;

export function mockHandler(
  where: string,
  target: Target,
  { clock, answer }: MockOptions,
  decide: Decide,
  forget: () => void = () => {},
): MockHandler {
  const { method, path } = parseTarget(where, target);
  if (answer !== undefined) checkAnswer(answer, `${where}: answer`);
  let requests: SeenRequest[] = [];

  const handler = http[method](path, async ({ request }) => {
    // Requests are counted and answers chosen before any wait, so that the answers have the order of the requests.
    const seen = { method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body: '' };
    requests.push(seen);
    const moment = momentOf(clockFor(clock), request, arrivalOf(request));
    const decided = decide(requests.length, request, moment) ?? answer;
    seen.body = request.body === null ? '' : await request.clone().text();
    return decided === undefined ? undefined : await give(decided, request, moment);
  });
  const reset = handler.reset.bind(handler);
  return Object.defineProperties(handler, {
    calls: { get: () => requests.length },
    requests: { get: () => requests },
    // `server.resetHandlers()` calls this on the handlers that stay.
    reset: {
      value: () => {
        requests = [];
        forget();
        reset();
      },
    },
  }) as MockHandler;
}

/** @throws TypeError for options that are unknown. */
export function checkOptions(where: string, options: unknown, further: readonly string[] = []): void {
  optionsObject(options, where, [...further, 'clock', 'answer']);
}

function parseTarget(where: string, target: Target): { method: 'all' | (typeof methods)[number]; path: Target } {
  if (target instanceof RegExp) return { method: 'all', path: target };
  const remedy = "must be a URL such as 'https://api.example.com/orders/:id', or one with a method: 'POST https://…'";
  if (typeof target !== 'string') throw new OptionError(`${where}: url`, target, remedy);
  const [, word, path = ''] = /^(?:([A-Za-z]+)\s+)?(\S+)$/.exec(target.trim()) ?? [];
  const method = word === undefined ? 'all' : methods.find((one) => one === word.toLowerCase());
  const hasPage = 'location' in globalThis;
  if (method === undefined || !(hasPage || /^(https?:\/\/|\*)/.test(path))) {
    throw new OptionError(`${where}: url`, target, remedy);
  }
  return { method, path };
}
