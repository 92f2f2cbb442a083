import { asObject, type Issue, type JsonObject, member, readIssues, textMember } from './issues.ts';

export type { Issue } from './issues.ts';
export { type ErrorBody, peekErrorBody, readErrorBody } from './read-error-body.ts';

/** What an API's error answer says, in the same words whatever shape it came in. */
export interface ApiErrorBody {
  /** The API's own word for it, such as `order_missing`. */
  readonly code?: string;
  readonly message?: string;
  /** Its kind, such as `validation_error`; for problem details, their type's URI. */
  readonly type?: string;
  /** The field that is wrong. */
  readonly param?: string;
  readonly requestId?: string;
  readonly issues: readonly Issue[];
  /** The whole body: parsed JSON, or else the text. */
  readonly data: unknown;
  /** Why the client's own {@link ErrorReader} could not read it, if it threw. */
  readonly readerError?: string;
}

/** Reads an API's own kind of error answer; what it leaves out is read by default. */
export type ErrorReader = (
  data: unknown,
  response: { readonly status: number; readonly headers: Headers },
) => Partial<ApiErrorBody> | undefined;

const longestParsed = 1_000_000;
const longestMessage = 2000;
const longestWord = 200;

/**
 * Reads an error answer: the envelope `{error: {code, message, type, param, request_id}}` and its relatives, or problem
 * details (RFC 9457). Never throws; what is missing or of another type is left out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function parseApiErrorBody(text: string | undefined, contentType: string | null): ApiErrorBody {
  const data = parseJson(text);
  const root = asObject(data);
  if (!root) return { issues: readIssues(Array.isArray(data) ? { errors: data } : undefined), data };
  const isProblem = /^\s*application\/problem\+json\s*(?:;|$)/i.test(contentType ?? '');
  return { ...(isProblem ? readProblem(root) : readEnvelope(root)), data };
}

function parseJson(text: string | undefined): unknown {
  const trimmed = text?.trim();
  if (trimmed === undefined || trimmed === '') return undefined;
  if (trimmed.length > longestParsed || !/^[[{"\dtfn-]/.test(trimmed)) return text;
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    return text;
  }
}

function readEnvelope(root: JsonObject): Omit<ApiErrorBody, 'data'> {
  const error = member(root, 'error');
  const inner = asObject(error);
  const word = typeof error === 'string' && error !== '' ? error.slice(0, longestMessage) : undefined;
  // OAuth's `{error: 'invalid_grant', error_description: '…'}`: the word is a code where a sentence stands beside it.
  const sentence = textMember(root, 'error_description', longestMessage) ?? textMember(root, 'message', longestMessage);
  const own = inner ?? root;
  const code = codeMember(own, 'code') ?? (sentence === undefined ? undefined : word?.slice(0, longestWord));
  const message = inner ? textMember(inner, 'message', longestMessage) : (sentence ?? word);
  const told = inner !== undefined || code !== undefined || message !== undefined;
  return compact({
    code,
    message,
    type: told ? textMember(own, 'type', longestWord) : undefined,
    param: told ? textMember(own, 'param', longestWord) : undefined,
    requestId: requestIdOf(inner) ?? requestIdOf(root),
    issues: readIssues(inner, root),
  });
}

function readProblem(root: JsonObject): Omit<ApiErrorBody, 'data'> {
  return compact({
    code: codeMember(root, 'code'),
    message: textMember(root, 'detail', longestMessage) ?? textMember(root, 'title', longestMessage),
    type: textMember(root, 'type', longestWord) ?? 'about:blank',
    param: textMember(root, 'param', longestWord),
    requestId: requestIdOf(root),
    issues: readIssues(root),
  });
}

function codeMember(object: JsonObject, key: string): string | undefined {
  const value = member(object, key);
  return typeof value === 'number' ? String(value) : textMember(object, key, longestWord);
}

function requestIdOf(object: JsonObject | undefined): string | undefined {
  return (
    textMember(object, 'request_id', longestWord) ??
    textMember(object, 'requestId', longestWord) ??
    textMember(object, 'traceId', longestWord)
  );
}

type Loose<T> = { [K in keyof T]: T[K] | undefined };

/** Leaves out the members that are not there. */
function compact(
  body: Loose<Omit<Required<ApiErrorBody>, 'data' | 'readerError' | 'issues'>> & Pick<ApiErrorBody, 'issues'>,
): Omit<ApiErrorBody, 'data'> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Omit<
    ApiErrorBody,
    'data'
  >;
}
