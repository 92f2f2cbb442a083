import type { Facts } from './facts.ts';

/** Facts for a question that only the outcome answers. */
export const noFacts: Facts = {
  method: '',
  url: '',
  attempt: 1,
  elapsedMs: 0,
  remainingMs: 0,
  replayable: false,
  tokensLeft: 0,
  random: 0,
};
