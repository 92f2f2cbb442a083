import { type Dialect, readApiAnswer } from '@holdfast/core';
import type { ApiAnswer } from '@holdfast/core/internal';

/** When the answers of these tests arrive. */
export const nowMs: number = Date.UTC(2026, 10, 29, 12);
export const epoch = (seconds: number): string => String(nowMs / 1000 + seconds);
export const iso = (seconds: number): string => new Date(nowMs + seconds * 1000).toISOString();

export type HeaderLines = Readonly<Record<string, string>>;

/** Reads an answer as it would have arrived. A body that is no text is sent as JSON. */
export function read(
  status: number,
  headers: HeaderLines | Headers,
  body?: unknown,
  dialects: readonly Dialect[] = [],
): ApiAnswer {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' };
  const all = headers instanceof Headers ? headers : new Headers({ ...type, ...headers });
  return readApiAnswer({ status, headers: all, text, wallNowMs: nowMs }, dialects);
}
