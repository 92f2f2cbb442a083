import type { Because, Decision } from '../../kernel/decision.ts';

/** What the message says about the guard that ended the call, and the option that sets it. */
const notes: Readonly<Partial<Record<Because, string>>> = {
  budgetExhausted: '(the retry budget of this origin is spent); see `retryBudget`',
};

/** Words for the end of a message, with a space before them; empty if no guard was involved. */
export function noteOf(decision: Decision | undefined): string {
  const note = isEnd(decision) ? notes[decision.because] : undefined;
  return note === undefined ? '' : ` ${note}`;
}

/** Has a guard ended the call? */
export function isEnd(decision: Decision | undefined): decision is Decision {
  return decision?.action === 'fail' || decision?.action === 'fallback';
}
