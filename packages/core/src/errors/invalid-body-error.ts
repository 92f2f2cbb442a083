import type { Call } from '../kernel/call.ts';
import { oneLine, summarizeCause } from '../redact/cause.ts';
import { redactUrl } from '../redact/redact.ts';
import { aboutRequest } from './about-request.ts';
import { define, ResilienceError, type ResilienceErrorInit } from './resilience-error.ts';

/** What an {@link InvalidBodyError} is made from. */
export interface InvalidBodyErrorInit extends ResilienceErrorInit {
  readonly status: number;
  readonly url: string;
  readonly contentType?: string | undefined;
  readonly excerpt: string;
}

/**
 * `.json()` was called on a body that is not JSON: an empty body, a page of HTML, JSON that is cut short. Its `cause`
 * is the `SyntaxError` of `JSON.parse`, of the `parseJson` option or of a parser in the schema.
 *
 * @remarks It is thrown for a success, so the server has acted on the request (`applied: 'yes'`), and no retry is made.
 */
export class InvalidBodyError extends ResilienceError {
  static {
    define(InvalidBodyError, 'InvalidBodyError');
  }

  declare readonly code: 'INVALID_BODY';
  readonly status: number;
  /** The URL that answered, after redirects, without its secrets. */
  readonly url: string;
  /** The `Content-Type` header, where there was one. */
  declare readonly contentType?: string;
  /** The first characters of the body, on one line, without secrets of a known form; empty for an empty body. */
  readonly excerpt: string;

  constructor(init: InvalidBodyErrorInit) {
    super({ ...init, code: 'INVALID_BODY', applied: 'yes' });
    this.status = init.status;
    this.url = init.url;
    if (init.contentType !== undefined) this.contentType = init.contentType;
    this.excerpt = init.excerpt;
  }

  override toJSON(): Record<string, unknown> {
    const { status, url, contentType, excerpt } = this;
    return { ...super.toJSON(), status, url, contentType, excerpt };
  }
}

/** The error for a body that a parser has refused. */
export function invalidBody(call: Call, response: Response, text: string, cause: unknown): InvalidBodyError {
  const { status, headers, url } = response;
  const contentType = headers.get('content-type') ?? undefined;
  const excerpt = oneLine(text, 200);
  const type = contentType === undefined ? 'without a content type' : oneLine(contentType, 100);
  const problem = text.trim() === '' ? 'Body is empty, not JSON' : 'Body is not valid JSON';
  const begins = excerpt === '' ? '' : `; it begins with ${excerpt}`;
  const { message } = summarizeCause(cause) ?? { message: '' };
  return new InvalidBodyError({
    call,
    message: aboutRequest(call, (request) => `${problem}: ${status} ${type} from ${request} (${message})${begins}`),
    cause,
    status,
    url: url === '' ? call.url : redactUrl(url),
    contentType,
    excerpt,
  });
}
