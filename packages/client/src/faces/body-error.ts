import { type Call, cutShort, invalidBody, isBrokenBody, resilienceErrorOf } from '@holdfast/core/internal';

/** The text that was read, once it has been read. */
export interface KeptText {
  text?: string;
}

/**
 * Keeps the text that the response's `text()` returns.
 *
 * @param whenRead Called when it has been read, and then forgotten: ky keeps the response.
 */
export function keepText(response: Response, kept: KeptText, whenRead?: () => void): void {
  const { text } = response;
  let ended = whenRead;
  const value = async (): Promise<string> => {
    kept.text = await text.call(response);
    ended?.();
    ended = undefined;
    return kept.text;
  };
  Object.defineProperty(response, 'text', { value, configurable: true, writable: true });
}

/**
 * The error with which a body shortcut rejects: the typed error if the body broke, or if a parser refused the text that
 * `.json()` has read. Any other error of a parser or a schema is the user's, and is thrown unchanged.
 *
 * @param text The text that `.json()` has read.
 */
export function bodyError(error: unknown, call: Call, response: Response, text: string | undefined): unknown {
  const typed = resilienceErrorOf(error);
  if (typed?.callId === call.id) return typed;
  // The error of a parser is not about the connection.
  if (text === undefined && isBrokenBody(error)) return cutShort(error, call);
  const isRefused = error instanceof Error && error.name === 'SyntaxError' && text !== undefined;
  return isRefused ? invalidBody(call, response, text, error) : error;
}
