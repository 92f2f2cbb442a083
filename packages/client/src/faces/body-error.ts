import { type Call, resilienceErrorOf } from '@holdfast/core';
import { cutShort, invalidBody, isBrokenBody } from '@holdfast/core/internal';

/** A text that was read, once it was. */
export interface KeptText {
  text?: string;
}

/** Keeps what the response's `text()` gives. */
export function keepText(response: Response, kept: KeptText): void {
  const { text } = response;
  const value = async (): Promise<string> => {
    kept.text = await text.call(response);
    return kept.text;
  };
  Object.defineProperty(response, 'text', { value, configurable: true, writable: true });
}

/**
 * What a body shortcut rejects with: the typed error if the body broke, or if a parser refused what `.json()` has read.
 * Any other error of a parser or a schema is the user's, and is thrown unchanged.
 *
 * @param text What `.json()` has read.
 */
export function bodyError(error: unknown, call: Call, response: Response, text: string | undefined): unknown {
  const typed = resilienceErrorOf(error);
  if (typed?.callId === call.id) return typed;
  // What a parser threw is no matter of the connection.
  if (text === undefined && isBrokenBody(error)) return cutShort(error, call);
  const isRefused = error instanceof Error && error.name === 'SyntaxError' && text !== undefined;
  return isRefused ? invalidBody(call, response, text, error) : error;
}
