export { type AttemptRecord, type Call, createCall } from './call.ts';
export { type Clock, longestTimerMs, sleep, systemClock, type Timer } from './clock.ts';
export type { Outcome } from './outcome.ts';
export type { Action, Applied, Because, Decision } from './policy/decision.ts';
