import { requestBody } from '../bodies/request-body.ts';
import { createCall } from '../calls/create-call.ts';
import { createEventHub } from '../events/hub.ts';
import type { CallContext, CallSettings } from '../kernel/call-context.ts';
import { traceCall } from '../kernel/call-trace.ts';
import { type Clock, systemClock, systemRandom } from '../kernel/clock.ts';
import type { Emit } from '../kernel/events.ts';
import { defaultLevels } from '../policy/default-levels.ts';
import { type PolicyOptions, resolvePolicyLevel } from '../policy/table.ts';

/** The options of a call through a pipeline without a client. */
export interface CallContextOptions extends PolicyOptions {
  /** The caller's abort. @defaultValue the request's own signal */
  readonly signal?: AbortSignal;
  /** One attempt, until the headers, in milliseconds. @defaultValue 10_000 */
  readonly timeout?: number | false;
  /** The whole call, in milliseconds. @defaultValue 30_000, or three times `timeout`, if that is more */
  readonly totalTimeout?: number | false;
  /** What the request's body was made from, so that it can be sent again. */
  readonly body?: RequestInit['body'];
  /** Where the call's events go. @defaultValue nowhere */
  readonly emit?: Emit;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * What a composed pipeline needs to run one call without a client: `compose([retryRing()], fetchTransport())(request,
 * callContext(request))`.
 *
 * @throws TypeError or RangeError for invalid policies.
 */
export function callContext(request: Request, options: CallContextOptions = {}): CallContext {
  const { signal = request.signal, timeout = 10_000, body, emit, clock = systemClock, random = systemRandom } = options;
  const { totalTimeout = timeout === false ? false : Math.max(30_000, 3 * timeout), ...rest } = options;
  const level = resolvePolicyLevel(rest, 'callContext');
  const settings: CallSettings = {
    levels: level === undefined ? defaultLevels : [level, ...defaultLevels],
    timeout,
    totalTimeout,
  };
  const call = createCall(request.method, request.url, clock);
  call.trace = traceCall(callContext);
  return {
    call,
    attempt: 1,
    signal,
    random,
    emit: emit ?? createEventHub().emit,
    settings,
    body: requestBody(body, request),
  };
}
