import { errorData, isJsonType, sentAs, systemClock, within } from '@holdfast/core/internal';
import type { Options } from './kys-own.ts';

/** As in ky, a `parseJson` may take this long where `timeout` is off, in milliseconds. */
const longestParseMs = 10_000;

/** The `data` of the error that a hook sees, by the user's `parseJson`. A retry waits for it no longer than `timeout`. */
export async function dataOf(text: string, response: Response, request: Request, options: Options): Promise<unknown> {
  const { parseJson, timeout = longestParseMs, signal } = options;
  const type = response.headers.get('content-type');
  if (!parseJson || text === '' || !isJsonType(type)) return errorData(text, type);
  const parse = async (): Promise<unknown> => parseJson(text, { request: sentAs(request), response });
  const ms = timeout === false ? longestParseMs : timeout;
  try {
    return await within(parse(), { clock: systemClock, ms, signal: signal ?? undefined, late: () => undefined });
  } catch {
    return undefined;
  }
}

/** The response, whose `json()` parses by the user's `parseJson`. */
export function withParseJson(response: Response, request: Request, { parseJson }: Options): Response {
  if (parseJson) response.json = async () => parseJson(await response.text(), { request: sentAs(request), response });
  return response;
}
