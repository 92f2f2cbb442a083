export {
  type Answer,
  type ApiErrorAnswer,
  apiError,
  hang,
  type Moment,
  networkError,
  ok,
  slow,
  truncated,
} from './answers.ts';
export { type DownHandler, type DownOptions, down, type FlakyOptions, flaky } from './failing.ts';
export type { MockHandler, MockOptions, Target } from './mock-handler.ts';
export { type RateWindowOptions, rateLimited } from './rate-limited.ts';
export { referenceApi, referenceError } from './reference-api.ts';
export { type RespondInTurnOptions, respondInTurn } from './respond-in-turn.ts';
export { type TokenExpiresOptions, type TokenHandler, tokenExpires } from './token-expires.ts';
export { takeTime, type VirtualTime } from './virtual-time.ts';
