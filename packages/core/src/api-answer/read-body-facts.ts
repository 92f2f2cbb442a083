import type { HeaderLines } from '../server-timing/header-lines.ts';
import type { ApiAnswer } from './api-answer.ts';
import { isObject, textOf } from './members.ts';
import { type Body, bodyInMessage } from './read-body.ts';
import { readCode } from './read-code.ts';
import { readIssues } from './read-issues.ts';
import { messageOfPage, readXml } from './read-markup.ts';
import { messageOfText, readHelp, readMessage, readParam, readType, repeatsStatus } from './read-message.ts';
import { readRequestId } from './read-request-id.ts';

type BodyFacts = { [K in 'code' | 'message' | 'type' | 'param' | 'requestId' | 'helpUrl']?: string | undefined } & {
  readonly issues: ApiAnswer['issues'];
};

/** What the body of a failed answer says about the error, by general rules, whatever its form is. */
export function readBodyFacts(body: Body, status: number, headers: HeaderLines): BodyFacts {
  switch (body.form) {
    case 'json': {
      const { data } = body;
      const inner = bodyInMessage(body.holders);
      const holders = inner.length === 0 ? body.holders : [...inner, ...body.holders];
      const message = readMessage(holders, status) ?? (typeof data === 'string' ? textOf(data) : undefined);
      const listed = readIssues(holders, data, message, status);
      const [only] = listed;
      // One problem of the whole says more than the name of the status.
      const isOfWhole = only?.path === '' && listed.length === 1;
      const saysNothing = message === undefined || repeatsStatus(message, status);
      return {
        code: readCode(body.holders, status) ?? readCode(inner, status),
        message: isOfWhole && saysNothing ? only.message : message,
        type: readType(holders) ?? (isProblem(data, headers) ? 'about:blank' : undefined),
        param: readParam(holders),
        requestId: readRequestId(holders),
        helpUrl: readHelp(holders),
        issues: listed,
      };
    }
    case 'xml':
      return { ...readXml(body.data, status), issues: [] };
    case 'html':
      return { message: messageOfPage(body.data, status), issues: [] };
    case 'text':
      return { message: messageOfText(body.data), issues: [] };
    case 'none':
      return { issues: [] };
  }
}

/**
 * A problem without a type has the type `about:blank`.
 *
 * @see RFC 9457 section 4.2.1
 */
function isProblem(data: unknown, headers: HeaderLines): boolean {
  return isObject(data) && /^\s*application\/problem\+json\s*(?:;|$)/i.test(headers.get('content-type') ?? '');
}
