import type { AnswerParts, ApiAnswer, Kind } from './api-answer.ts';
import { explicitRetry, kindOfStatus } from './server-word.ts';
import { readWaitHeader } from './wait-headers.ts';

/**
 * Reads from an answer what a decision needs at least: its status, `Retry-After` and similar headers, the server's
 * explicit word about sending again, and code and message of the simplest bodies. For a page that has not loaded the
 * whole reader, or cannot load it. Never throws.
 */
export function readPlainAnswer({ status, headers, text, wallNowMs }: AnswerParts): ApiAnswer {
  const data = parsed(text);
  const error = memberOf(data, 'error');
  const code = textIn(error, 'code') ?? textIn(data, 'code') ?? (typeof error === 'string' ? error : undefined);
  const type = textIn(error, 'type') ?? textIn(data, 'type');
  const message = ['message', 'detail', 'title'].map((name) => textIn(error, name) ?? textIn(data, name)).find(Boolean);
  const requestId = headers.get('x-request-id') ?? headers.get('request-id');
  const wait = readWaitHeader(headers, wallNowMs);
  const kind = kindOf(status, wait !== undefined, code ?? '');
  return {
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(type !== undefined && { type }),
    ...(requestId !== null && { requestId }),
    ...(wait && { waitMs: wait.waitMs, waitSource: wait.source }),
    ...explicitRetry(headers),
    ...((kind === 'rateLimited' || (wait && kind === 'overloaded')) && { applied: 'no' }),
    ...{ kind, issues: [], quotas: [], data },
  };
}

function kindOf(status: number, asksToWait: boolean, code: string): Kind {
  if (status === 429 || (asksToWait && (status === 403 || status === 418))) return 'rateLimited';
  return status === 503 || status === 529 || status === 530 ? 'overloaded' : kindOfStatus(status, code);
}

/** JSON, or the text itself. */
function parsed(text: string | undefined): unknown {
  try {
    return text ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return text;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function textIn(value: unknown, name: string): string | undefined {
  const text = memberOf(value, name);
  return typeof text === 'string' && text.trim() !== '' ? text.trim().slice(0, 2000) : undefined;
}
