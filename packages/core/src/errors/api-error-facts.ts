import { parseChallenges } from '../credentials/www-authenticate.ts';
import type { Decision } from '../policy/decision.ts';
import { noteOf } from '../reference/after-decision.ts';
import { statusName } from '../reference/status-names.ts';
import { responseWithBody } from '../response-with-body.ts';
import { oneLine, summarizeCause } from './cause.ts';
import { type ApiErrorBody, type ErrorReader, parseApiErrorBody } from './envelope.ts';
import { errorData } from './error-data.ts';
import type { Issue } from './issues.ts';
import { describeJoin, type JoinedFrom } from './joined-from.ts';
import type { ErrorBody } from './read-error-body.ts';

/** Reads the body by default, and lays over it what the client's own reader says. */
export function readFacts(response: Response, body: ErrorBody, reader: ErrorReader | undefined): ApiErrorBody {
  const contentType = response.headers.get('content-type');
  // Its facts are read from whatever looks like JSON, since many servers name another type.
  const read = parseApiErrorBody(body.text, contentType);
  const byDefault = { ...read, data: errorData(body.text, contentType) };
  if (!reader) return withoutSecrets(byDefault);
  try {
    const own = reader(read.data, { status: response.status, headers: response.headers });
    const told = Object.entries(own ?? {}).filter(([, value]) => value !== undefined);
    return withoutSecrets({ ...byDefault, ...Object.fromEntries(told) });
  } catch (error) {
    const { name, message } = summarizeCause(error) ?? { name: 'Error', message: '' };
    return withoutSecrets({ ...byDefault, readerError: `${name}: ${message}` });
  }
}

const words = ['code', 'type', 'param', 'requestId', 'readerError'] as const;

/** An API may echo what it was sent; a reader may give anything. Only `data` stays as it came. */
function withoutSecrets({ issues, data, ...body }: ApiErrorBody): ApiErrorBody {
  const clean: { -readonly [K in keyof ApiErrorBody]: ApiErrorBody[K] } = {
    issues: cleanIssues(issues),
    data,
  };
  if (typeof body.message === 'string') clean.message = oneLine(body.message, 2000);
  for (const key of words) {
    const value = body[key];
    if (typeof value === 'string') clean[key] = oneLine(value, 200);
  }
  return clean;
}

function cleanIssues(issues: unknown): readonly Issue[] {
  if (!Array.isArray(issues)) return [];
  return issues.slice(0, 100).flatMap((item: unknown): Issue[] => {
    const { path, message, code } = (item ?? {}) as Partial<Issue>;
    if (typeof message !== 'string') return [];
    const where = typeof path === 'string' ? oneLine(path, 200) : '';
    const which = typeof code === 'string' ? { code: oneLine(code, 200) } : {};
    return [{ path: where, message: oneLine(message, 500), ...which }];
  });
}

const requestIdHeaders = ['x-request-id', 'request-id', 'x-amzn-requestid', 'cf-ray', 'traceparent'];

/** The id under which support finds the request: the body's, or else the first that a header has. */
export function requestIdOf(body: ApiErrorBody, headers: Headers): string | undefined {
  if (body.requestId) return body.requestId;
  for (const name of requestIdHeaders) {
    const value = headers.get(name);
    if (value) return oneLine(value, 200);
  }
  return undefined;
}

/** The scope that `WWW-Authenticate` asks for, where the answer is about scopes. */
export function requiredScopeOf(status: number, headers: Headers): string | undefined {
  const header = headers.get('www-authenticate');
  if (!header || (status !== 401 && status !== 403)) return undefined;
  for (const { params } of parseChallenges(header)) {
    const { error, scope } = params;
    if (scope && (error === 'insufficient_scope' || (status === 403 && error === undefined)))
      return oneLine(scope, 500);
  }
  return undefined;
}

/** The error's message: `404 Not Found: GET https://…/orders/42 — No such order (order_missing)`. */
export function describeApiError(
  response: Response,
  body: ApiErrorBody,
  request: { readonly method: string; readonly url: string; readonly decision?: Decision | undefined },
  joined: JoinedFrom | undefined,
): string {
  const { status } = response;
  const name = statusName(status) ?? oneLine(response.statusText, 60);
  const said = withoutPeriod(oneLine(body.message ?? body.issues[0]?.message ?? '', 300));
  const code = body.code === undefined ? '' : `(${body.code})`;
  const tail = [said, code].filter((part) => part !== '').join(' ');
  const origin = joined === undefined ? '' : describeJoin(status, joined);
  const subject = `${name === '' ? status : `${status} ${name}`}: ${request.method} ${request.url}${noteOf(request.decision)}`;
  return `${subject}${tail === '' ? '' : ` — ${tail}`}${origin}`;
}

function withoutPeriod(text: string): string {
  return text.replace(/(?<!\.)\.$/, '');
}

/** The answer once more, from what was read of it, and readable as if nobody had. */
export function rebuildResponse(original: Response, { bytes }: ErrorBody): Response {
  return responseWithBody(original, bytes);
}
