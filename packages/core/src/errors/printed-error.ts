import type { Issue, Quota } from '../api-answer/api-answer.ts';
import type { AttemptRecord } from '../kernel/call.ts';
import type { Applied, Decision } from '../kernel/decision.ts';
import type { ApiErrorFacts } from './api-error-facts.ts';
import type { ErrorCode } from './error-code.ts';
import type { Guide } from './guides/status-guide.ts';
import type { Incident } from './incident.ts';

/** The contents of an error's printed forms. */
export interface PrintedError extends Error {
  readonly code: ErrorCode;
  readonly callId: string;
  readonly request: { readonly method: string; readonly url: string };
  readonly attempts: readonly AttemptRecord[];
  readonly elapsedMs: number;
  readonly decision: Decision | undefined;
  readonly applied: Applied;
  readonly retryAt: number | undefined;
  readonly occurredAt: number;
  readonly timeline: readonly string[];
  readonly incident: Incident | undefined;
}

/** The additional contents if the API has answered. */
export interface PrintedApiError extends PrintedError {
  readonly status: number;
  readonly error: ApiErrorFacts;
  readonly requestId?: string;
  readonly issues: readonly Issue[];
  readonly requiredScope?: string;
  readonly quota?: Quota;
  readonly guide: Guide;
}
