import { redactText } from './redact.ts';

/** A cause as errors show it: enough to understand, without secrets. */
export interface CauseSummary {
  readonly name: string;
  readonly message: string;
}

/** Reduces a cause to its name and message; never throws, whatever the cause is. */
export function summarizeCause(cause: unknown): CauseSummary | undefined {
  if (cause === undefined || cause === null) return undefined;
  try {
    if (typeof cause !== 'object') return { name: typeof cause, message: oneLine(String(cause), 500) };
    const { name, message } = cause as { name?: unknown; message?: unknown };
    return {
      name: typeof name === 'string' && name !== '' ? oneLine(name, 100) : 'Error',
      message: typeof message === 'string' ? oneLine(message, 500) : '',
    };
  } catch {
    return { name: 'Error', message: '' };
  }
}

/** Text from elsewhere, for one line of ours: no secrets, no control characters, no more than `longest` characters. */
export function oneLine(text: string, longest: number): string {
  // Cut generously first, so that a huge text costs little; redact before the last cut, so that none splits a secret.
  const clean = redactText(text.slice(0, longest * 8))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is after
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
  return clean.length > longest ? `${clean.slice(0, longest - 1).trimEnd()}…` : clean;
}
