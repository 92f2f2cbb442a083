import type { ApiAnswer, ApiQuota, Issue } from '../api-answer/api-answer.ts';
import type { Dialect } from '../api-answer/dialect.ts';
import { answerOf, readAnswer } from '../api-answer/outcome-of.ts';
import type { ErrorBody } from '../bodies/read-error-body.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import { given } from '../kernel/given.ts';
import { oneLine } from '../redact/cause.ts';
import { errorData } from './error-data.ts';

/** What the API said about an error, unchanged except for secrets. */
export type ApiErrorFacts = Readonly<
  Pick<ApiAnswer, 'code' | 'message' | 'type' | 'param' | 'requestId' | 'readerError'>
>;

/** The members of an error that come from the answer: only `data` can hold a secret. */
export interface ErrorFacts extends Pick<ApiAnswer, 'kind' | 'waitMs' | 'scope' | 'helpUrl' | 'requestId'> {
  readonly said: ApiErrorFacts;
  readonly issues: readonly Issue[];
  readonly quotas: readonly ApiQuota[];
  readonly data: unknown;
}

/** The facts of an answer, as they were read before the decision; if they were not, they are read now. */
export function readFacts(
  response: Response,
  { text }: ErrorBody,
  wallNowMs: number,
  dialects: readonly Dialect[] | undefined,
): ErrorFacts {
  const { status, headers } = response;
  const answer = answerOf(response) ?? readAnswer({ status, headers, text, wallNowMs }, dialects);
  // Many servers send JSON under another content type: the facts are read from it all the same, and `data` is the text
  // as it came.
  return { ...withoutSecrets(answer), data: errorData(text, headers.get('content-type')) };
}

const words = ['code', 'message', 'type', 'param', 'requestId', 'readerError'] as const;

/** An API may repeat secrets from the request, and a dialect may return any text, so all but `data` is redacted. */
function withoutSecrets({ issues, helpUrl, scope, ...answer }: ApiAnswer): Omit<ErrorFacts, 'data'> {
  const { kind, waitMs, quotas } = answer;
  const said: { -readonly [K in keyof ApiErrorFacts]: ApiErrorFacts[K] } = {};
  for (const key of words) {
    const value = oneLine(answer[key] ?? '', key === 'message' ? 2000 : 200);
    if (value !== '') said[key] = value;
  }
  return {
    said,
    kind,
    issues: issues.map(cleanIssue),
    quotas: quotas.map(cleanQuota),
    ...given({
      waitMs,
      requestId: said.requestId,
      helpUrl: helpUrl && oneLine(helpUrl, 2000),
      scope: scope && oneLine(scope, 500),
    }),
  };
}

function cleanQuota(quota: ApiQuota): ApiQuota {
  return quota.bucket === undefined ? quota : { ...quota, bucket: oneLine(quota.bucket, 200) };
}

function cleanIssue({ path, message, code }: Issue): Issue {
  return given({ path: oneLine(path, 200), message: oneLine(message, 500), code: code && oneLine(code, 200) });
}

/** A response with the text that was read, whose body is still unread. */
export function rebuildResponse(original: Response, { bytes }: ErrorBody): Response {
  return responseWithBody(original, bytes);
}
