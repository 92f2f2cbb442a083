import { OptionError, optionsObject } from '@holdfast/core/internal';
import { type Answer, apiError, ok, retryAfter } from './answers.ts';
import { type MockHandler, type MockOptions, mockHandler } from './mock-handler.ts';
import { referenceErrors } from './reference-errors.ts';

/** One error of the reference, as an answer; without a code, the first that its status has. */
export function referenceError(status: number, code?: string): Answer {
  const errors = referenceErrors[status];
  if (!errors) {
    throw new OptionError(
      'referenceError: status',
      status,
      `must be one of ${Object.keys(referenceErrors).join(', ')}`,
    );
  }
  const found = code === undefined ? errors[0] : errors.find((one) => one.code === code);
  if (!found) {
    throw new OptionError('referenceError: code', code, `must be one of ${errors.map((one) => one.code).join(', ')}`);
  }
  const { waitMs, headers, ...details } = found;
  const type = typeOf[status] ?? 'api_error';
  const timing = waitMs === undefined ? {} : retryAfter(waitMs);
  return apiError(status, {
    type,
    requestId: `req_${status}_${found.code}`,
    ...details,
    headers: { ...headers, ...timing },
  });
}

/**
 * An API that knows every error of the reference, as one set of handlers: `{baseUrl}/{status}` answers with the status's
 * first cause, `{baseUrl}/{status}/{code}` with that one, and `{baseUrl}/200` with JSON; for any method.
 *
 * @example
 * ```ts no-run
 * const server = setupServer(...referenceApi('https://api.example.com/v1'));
 * await api.get('https://api.example.com/v1/422/duplicate'); // rejects with an UnprocessableEntityError
 * ```
 */
export function referenceApi(baseUrl: string, options: Pick<MockOptions, 'clock'> = {}): readonly MockHandler[] {
  const where = 'referenceApi';
  optionsObject(options, where, ['clock']);
  if (typeof baseUrl !== 'string' || !/^https?:\/\//.test(baseUrl)) {
    throw new OptionError(`${where}: baseUrl`, baseUrl, "must be a URL such as 'https://api.example.com/v1'");
  }
  const base = baseUrl.replace(/\/+$/, '');
  const handlers = [mockHandler(where, `${base}/200`, options, () => ok({ id: 1 }))];
  for (const [status, errors] of Object.entries(referenceErrors)) {
    const add = (path: string, answer: Answer): void => {
      handlers.push(mockHandler(where, `${base}/${path}`, options, () => answer));
    };
    add(status, referenceError(Number(status)));
    for (const { code = '' } of errors) add(`${status}/${code}`, referenceError(Number(status), code));
  }
  return handlers;
}

const typeOf: Readonly<Record<number, string>> = {
  400: 'validation_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  410: 'not_found_error',
  422: 'unprocessable_error',
  429: 'rate_limit_error',
};
