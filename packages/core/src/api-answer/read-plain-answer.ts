import { given } from '../kernel/given.ts';
import type { AnswerParts, ApiAnswer } from './api-answer.ts';
import { explicitRetry, kindOfStatus } from './server-word.ts';

/**
 * Reads from an answer what a decision needs at least: its status, `Retry-After`, the server's explicit word about
 * sending again, and code and message of the simplest bodies. For a page that has not loaded the
 * whole reader, or cannot load it. Never throws.
 */
export function readPlainAnswer({ status, headers, text, wallNowMs }: AnswerParts): ApiAnswer {
  const data = parsed(text);
  const error = memberOf(data, 'error');
  const said = (name: string): string | undefined => textIn(error, name) ?? textIn(data, name);
  const code = said('code') ?? (typeof error === 'string' ? error : undefined);
  const waitMs = waitOf(headers, wallNowMs);
  const asksToWait = waitMs !== undefined;
  const isLimit = status === 429 || (asksToWait && (status === 403 || status === 418));
  const kind = isLimit ? 'rateLimited' : kindOfStatus(status, code ?? '');
  const isRefused = isLimit || (asksToWait && kind === 'overloaded');
  return {
    ...given({
      code,
      message: said('message') ?? said('detail') ?? said('title'),
      type: said('type'),
      requestId: headers.get('x-request-id') ?? headers.get('request-id') ?? undefined,
      waitMs,
      waitSource: asksToWait ? 'Retry-After' : undefined,
      applied: isRefused ? 'no' : undefined,
    }),
    ...explicitRetry(headers),
    kind,
    issues: [],
    quotas: [],
    data,
  };
}

/** `Retry-After` in seconds, or as a moment, which is read against the answer's own `Date`. */
function waitOf(headers: AnswerParts['headers'], wallNowMs: number): number | undefined {
  const text = headers.get('retry-after') ?? '';
  const seconds = Number(/^(\d{1,12}(\.\d+)?) *(,|$)/.exec(text)?.[1]);
  if (seconds < firstEpochSecond) return Math.ceil(seconds * 1000);
  const waitMs = (seconds * 1000 || momentIn(text)) - (momentIn(headers.get('date') ?? '') || wallNowMs);
  return Number.isNaN(waitMs) ? undefined : Math.max(0, Math.ceil(waitMs));
}

/** From here on (September 2001) a number is a moment in seconds since 1970. */
const firstEpochSecond = 1e9;

function momentIn(text: string): number {
  return Date.parse(/^[A-Z]\w\w, .{20} GMT/.exec(text)?.[0] ?? '');
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
