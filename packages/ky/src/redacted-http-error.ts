import { redactHeaders, redactText, redactUrl, shortened } from '@holdfast/core/internal';
import { HTTPError, type NormalizedOptions } from './kys-own.ts';

/**
 * ky's error as the `cause` of ours: the same class, status and data, but with a request without secrets. ky's own
 * message holds the URL with its query, and printing the error prints the request's headers.
 *
 * @param response The answer, which has been read already. No other code may use it, since its headers and its URL are
 * redacted, too.
 * @param secretHeaders Headers that are secret although their names do not show it.
 */
export function redactedHttpError(
  error: HTTPError,
  response: Response,
  secretHeaders: readonly string[] = [],
): HTTPError {
  const { request } = error;
  const bare = new Request(redactUrl(request.url), {
    method: request.method,
    headers: redactHeaders(request.headers, secretHeaders),
  });
  for (const [name, value] of Object.entries(redactHeaders(response.headers, secretHeaders))) {
    response.headers.set(name, value);
  }
  Object.defineProperty(response, 'url', { value: redactUrl(response.url), configurable: true });
  const { method, credentials, retry } = error.options;
  const options = bareOptions({ method, credentials, retry, headers: bare.headers });
  const safe = new RedactedHTTPError(response, bare, options, error.data);
  safe.message = shortened(redactText(error.message), longestMessage);
  const stack = stackOf(error);
  if (stack !== undefined) safe.stack = redactText(stack.replace(error.message, () => safe.message));
  return safe;
}

const longestMessage = 1000;

/** The user's own `Error.prepareStackTrace` may make any value of a stack, or throw. */
function stackOf(error: Error): string | undefined {
  try {
    const { stack } = error as { stack?: unknown };
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}

const facts = ['response', 'request', 'options', 'data'] as const;

/**
 * The body and the answer are members of the prototype: code can read them by name, but code that prints or copies own
 * members does not see them.
 */
class RedactedHTTPError extends HTTPError {
  static {
    // Node's inspect, asked for hidden members, lists those of each prototype up to that of a built-in class.
    Object.defineProperty(RedactedHTTPError.prototype, 'constructor', { value: Error });
    for (const name of facts) {
      Object.defineProperty(RedactedHTTPError.prototype, name, {
        get(this: RedactedHTTPError): unknown {
          return this.#facts[name];
        },
      });
    }
  }

  readonly #facts: Readonly<Record<(typeof facts)[number], unknown>>;

  constructor(response: Response, request: Request, options: NormalizedOptions, data: unknown) {
    super(response, request, options);
    this.#facts = { response, request, options, data };
    for (const name of facts) Reflect.deleteProperty(this, name);
  }
}

/** ky's options as far as they say how a request was made: none that the caller may fill with any value. */
export function bareOptions(made: {
  readonly method: string;
  readonly credentials: Request['credentials'] | undefined;
  readonly headers: Headers;
  readonly retry: object;
}): NormalizedOptions {
  return { ...made, prefix: '', context: {} } as NormalizedOptions;
}
