import type { Outcome } from '../outcome.ts';

/** What a server says itself about another attempt, and the header that says so. */
export interface ServerWord {
  readonly isYes: boolean;
  readonly source: string;
}

const headers = ['x-should-retry', 'stripe-should-retry'] as const;

/**
 * Reads the server's own word on another attempt from a failed answer: `x-should-retry` (OpenAI, Anthropic and others) or
 * `stripe-should-retry`, each `true` or `false`. Any other value says nothing.
 */
export function serverWord(outcome: Outcome): ServerWord | undefined {
  if (outcome.kind === 'error' || outcome.status < 400) return undefined;
  for (const source of headers) {
    const value = outcome.headers.get(source)?.trim().toLowerCase();
    if (value === 'true' || value === 'false') return { isYes: value === 'true', source };
  }
  return undefined;
}
