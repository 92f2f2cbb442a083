import type { AnswerParts, ApiAnswer, Kind } from './api-answer.ts';
import {
  dialectFacts,
  dialectQuotas,
  dialectVerdict,
  dialectWait,
  holds,
  type Reading,
  statusOf,
} from './apply-dialect.ts';
import type { Dialect } from './dialect.ts';
import { membersOf, search, textOf } from './members.ts';
import { type Body, readBody } from './read-body.ts';
import { readCode, readCodeHeader } from './read-code.ts';
import { readIssues } from './read-issues.ts';
import { messageOfPage, readXml } from './read-markup.ts';
import { messageOfText, readHelp, readMessage, readParam, readType } from './read-message.ts';
import { readQuotas } from './read-quotas.ts';
import { readRequestId, readRequestIdHeader, readUuid } from './read-request-id.ts';
import { readScope } from './read-scope.ts';
import { readWaitHeader, readWaitMember, type Wait } from './read-waits.ts';
import { appliedOf, kindOf, quotaWait, retryOf, type Said } from './verdict.ts';

type BodyFacts = { [K in 'code' | 'message' | 'type' | 'param' | 'requestId' | 'helpUrl']?: string | undefined } & {
  readonly issues: ApiAnswer['issues'];
};

/**
 * Reads what an API says in an answer: by general rules that name no API, then by the dialects that the user chose.
 * Never throws, whatever the answer holds.
 *
 * @remarks The text is bounded by its caller; every walk through it is bounded here.
 */
export function readApiAnswer(parts: AnswerParts, dialects: readonly Dialect[] = []): ApiAnswer {
  const { status, headers, text, wallNowMs } = parts;
  const body = readBody(text, headers.get('content-type'));
  const reading: Reading = { parts, data: body.data };
  const facts = { ...readFacts(body, status), ...layer(dialects, (dialect) => dialectFacts(dialect, reading)) };
  const found = given({ ...facts, code: readCodeHeader(headers) ?? facts.code });
  const wait =
    waitOf(dialects, reading, found, 'told') ?? generalWait(body, parts) ?? waitOf(dialects, reading, found, 'known');
  const told = dialects.flatMap((dialect) => dialectQuotas(dialect, reading));
  const quotas = told.length > 0 ? told : readQuotas(headers, wallNowMs);
  const { code, type, message } = found;
  const said: Said = { status, headers, code, type, message, wait, quotas, ...flagsOf(body, headers) };
  const verdict = firstVerdict(dialects, reading, found);
  const kind = verdict?.kind ?? kindOf(said);
  const fromQuota = wait ? undefined : quotaWaitOf(said, kind, wallNowMs);
  const answer = given({
    ...found,
    kind,
    requestId: found.requestId ?? readRequestIdHeader(headers) ?? idOf(body),
    scope: found.scope ?? readScope(status, headers),
    waitMs: wait?.waitMs ?? fromQuota,
    waitSource: wait?.source ?? (fromQuota === undefined ? undefined : 'quota'),
    quotas,
    retry: verdict?.retry ?? retryOf(said, kind),
    applied: verdict?.applied ?? appliedOf(kind, said),
    data: body.data,
  });
  return { ...(answer as ApiAnswer), ...layer(dialects, (dialect) => readByCode(dialect, reading)) };
}

/**
 * The status as which a success counts that a dialect calls a failure; `undefined` for a success that is one.
 *
 * @remarks Without a dialect the body of a success is never looked at.
 */
export function failureStatus(parts: AnswerParts, dialects: readonly Dialect[], answer: ApiAnswer): number | undefined {
  if (parts.status >= 400) return undefined;
  for (const { failure } of dialects) {
    if (failure && holds(failure.when, { parts, data: answer.data }, answer)) {
      return failure.status ?? statusOf(answer.kind);
    }
  }
  return undefined;
}

/** What the dialects say, the first one on top. */
function layer(dialects: readonly Dialect[], read: (dialect: Dialect) => Partial<ApiAnswer>): Partial<ApiAnswer> {
  return Object.assign({}, ...dialects.toReversed().map(read));
}

function firstVerdict(
  dialects: readonly Dialect[],
  reading: Reading,
  found: Partial<ApiAnswer>,
): ReturnType<typeof dialectVerdict> {
  for (const dialect of dialects) {
    const verdict = dialectVerdict(dialect, reading, found);
    if (verdict) return verdict;
  }
  return undefined;
}

function readByCode(dialect: Dialect, { parts, data }: Reading): Partial<ApiAnswer> {
  try {
    return dialect.read?.({ ...parts, data }) ?? {};
  } catch {
    return {};
  }
}

/** A wait that an answer tells in a place of its own; or, where it tells none, one that is known from documentation. */
function waitOf(
  dialects: readonly Dialect[],
  reading: Reading,
  found: Partial<ApiAnswer>,
  which: 'told' | 'known',
): Wait | undefined {
  for (const dialect of dialects) {
    const waitMs = dialectWait(dialect, reading, found, which);
    if (waitMs !== undefined) return { waitMs, source: `dialect (${dialect.name})` };
  }
  return undefined;
}

function readFacts(body: Body, status: number): BodyFacts {
  switch (body.form) {
    case 'json': {
      const { holders, data } = body;
      const message = readMessage(holders) ?? (typeof data === 'string' ? textOf(data) : undefined);
      return {
        code: readCode(holders, status),
        message,
        type: readType(holders),
        param: readParam(holders),
        requestId: readRequestId(holders),
        helpUrl: readHelp(holders),
        issues: readIssues(holders, data, message),
      };
    }
    case 'xml':
      return { ...readXml(body.data), issues: [] };
    case 'html':
      return { message: messageOfPage(body.data, status), issues: [] };
    case 'text':
      return { message: messageOfText(body.data), issues: [] };
    case 'none':
      return { issues: [] };
  }
}

/** A header in whole seconds and a body with a fraction mean the same moment; the longer wait is safe. */
function generalWait(body: Body, { status, headers, wallNowMs }: AnswerParts): Wait | undefined {
  const header = readWaitHeader(headers, wallNowMs);
  const member = body.form === 'json' ? readWaitMember(body.data, headers, wallNowMs, status) : undefined;
  if (header === undefined || member === undefined) return header ?? member;
  return header.source === 'Retry-After' && member.waitMs > header.waitMs ? member : header;
}

/** A quota bars the way only if the answer is about it. */
function quotaWaitOf(said: Said, kind: Kind, wallNowMs: number): number | undefined {
  return kind === 'rateLimited' || kind === 'quotaSpent' ? quotaWait(said, wallNowMs) : undefined;
}

function flagsOf(body: Body, headers: Headers): Pick<Said, 'isTransient' | 'policy'> {
  const problem = textOf(headers.get('x-rate-limit-problem'), 100);
  if (body.form !== 'json') return { isTransient: false, policy: problem };
  const isTransient = body.holders.some((holder) => membersOf(holder).get('istransient') === true);
  const policy = search(body.data, (name, value) => (name === 'policyname' ? textOf(value, 200) : undefined), 2);
  return { isTransient, policy: policy ?? problem };
}

function idOf(body: Body): string | undefined {
  return body.form === 'json' ? readUuid(body.holders) : undefined;
}

/** Leaves out what is not there. */
function given(answer: { readonly [K in keyof ApiAnswer]?: ApiAnswer[K] | undefined }): Partial<ApiAnswer> {
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== undefined));
}
