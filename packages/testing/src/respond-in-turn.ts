import { redactUrl } from '@holdfast/core';
import { OptionError, optionsObject } from '@holdfast/core/internal';
import { type Answer, apiError, checkAnswer } from './answers.ts';
import { type MockHandler, type MockOptions, mockHandler, type Target } from './mock-handler.ts';
import { reportMistake } from './virtual-time.ts';

export interface RespondInTurnOptions extends Pick<MockOptions, 'clock'> {
  /** The answer after the end of the list, or `repeatLast`. @defaultValue a failure that says so */
  readonly afterwards?: Answer | 'repeatLast';
}

/**
 * Answers one request after the other, as the list says.
 *
 * @remarks A request beyond the list's end is answered by 501, which is not retried, with a message that says so; and a
 * test of `holdfastTest` then fails by this same message, even if the tested code has swallowed the error.
 * @example
 * ```ts no-run
 * respondInTurn('https://api.example.com/orders/1', [503, rateLimited({ retryAfterMs: 1000 }), networkError(), ok({ id: 1 })]);
 * ```
 */
export function respondInTurn(
  url: Target,
  answers: readonly Answer[],
  options: RespondInTurnOptions = {},
): MockHandler {
  const where = 'respondInTurn';
  optionsObject(options, where, ['clock', 'afterwards']);
  if (!Array.isArray(answers)) throw new OptionError(`${where}: answers`, answers, 'must be a list of answers');
  const list = [...answers];
  for (const [index, answer] of list.entries()) checkAnswer(answer, `${where}: answers[${index}]`);
  const { afterwards } = options;
  if (afterwards !== undefined && afterwards !== 'repeatLast') checkAnswer(afterwards, `${where}: afterwards`);
  if (afterwards === 'repeatLast' && list.length === 0) {
    throw new OptionError(`${where}: answers`, list, 'must have one to repeat');
  }

  return mockHandler(where, url, options, (number, request) => {
    if (number <= list.length) return list[number - 1];
    if (afterwards === 'repeatLast') return list.at(-1);
    return afterwards ?? beyondTheEnd(number, list.length, request);
  });
}

function beyondTheEnd(number: number, length: number, { method, url }: Request): Answer {
  const answers = `${length} answer${length === 1 ? '' : 's'}`;
  const message = `respondInTurn: request ${number} came (${method} ${redactUrl(url)}), but the list has ${answers}`;
  reportMistake(message);
  return apiError(501, { code: 'list_has_run_out', message });
}
