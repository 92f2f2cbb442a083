import { redactUrl } from './redact.ts';

/** A text for a message. A long one is cut in its middle, and the cut is marked: both ends of a URL are informative. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = Math.ceil((longest * 2) / 3);
  return `${text.slice(0, head)}…(${text.length - longest} characters left out)…${text.slice(head - longest)}`;
}

const longestUrl = 500;

/**
 * A URL, or a key that a user's function has made of one, for a message: without secrets, and not longer than a line or
 * two.
 */
export function shownUrl(url: string): string {
  return shortened(redactUrl(url), longestUrl);
}
