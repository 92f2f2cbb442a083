import {
  anything,
  type CallSettings,
  type Check,
  checkMembers,
  type Decision,
  decide,
  errorOutcome,
  integer,
  isIdempotent,
  must,
  networkFailure,
  number,
  OptionError,
  type Outcome,
  originOf,
  show,
  toOutcome,
} from '@holdfast/core/internal';
import { beforeSending, mayCarry, withHoldUp } from './before-sending.ts';
import type { Explained } from './explained.ts';

/**
 * An outcome to be explained; members that are left out have the values of a first GET. With a method or a URL alone,
 * the call has not been sent yet: what would happen to it now?
 */
export interface ExplainInput {
  /** @defaultValue 'GET' */
  readonly method?: string;
  /** Absolute, or relative to the client's `baseUrl`. */
  readonly url?: string | URL;
  readonly status?: number;
  /** The response's headers; of a call that has not been sent, those of the request. */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** An error in place of a response, or its code. */
  readonly error?: unknown;
  /** The attempt that had this outcome. @defaultValue 1 */
  readonly attempt?: number;
  /** The response's body, as text or as what its JSON says. */
  readonly body?: unknown;
  /** Milliseconds since the call began. @defaultValue 0 */
  readonly elapsedMs?: number;
}

const checks: Readonly<Record<keyof ExplainInput, Check>> = {
  method: must((value) => typeof value === 'string', "must be a string such as 'POST'"),
  url: anything,
  status: anything,
  headers: must((value) => typeof value === 'object', "must be an object such as {'x-tenant': 'a'}, or a Headers"),
  error: anything,
  attempt: integer(1),
  body: anything,
  elapsedMs: number(0, Number.POSITIVE_INFINITY, 'milliseconds'),
};

/** What the policy engine would decide, without sending anything. */
export function explain(of: Explained, input: ExplainInput): Decision {
  checkMembers(input, 'explain', checks, ': ');
  const { runtime, settings, base } = of;
  const { method = 'GET', attempt = 1, elapsedMs = 0, headers } = input;
  const url = absolute(input.url, base);
  if (isUnsent(input)) return beforeSending(of, { method, url, ...(headers && { headers }) });
  const { budget, clock, credentials, random, resolved } = runtime;
  const wallNow = clock.wallNow();
  const outcome = outcomeOf(input, wallNow, settings);
  const origin = originOf(url);
  const grant = budget?.findLine(origin)?.isClosed ? 'awaited' : 'held';
  const decision = decide(
    outcome,
    {
      method,
      url,
      attempt,
      elapsedMs,
      backedOffMs: elapsedMs,
      remainingMs: settings.totalTimeout === false ? Number.POSITIVE_INFINITY : settings.totalTimeout - elapsedMs,
      replayable: isIdempotent(method) || resolved.keys?.isFor(method) === true,
      oneShotBody: false,
      tokensLeft: budget?.tokens(origin) ?? Number.POSITIVE_INFINITY,
      ...(budget && { grant, nowInVain: budget.isNowInVain(origin) }),
      random,
      refreshable: credentials?.refreshable === true && mayCarry(url, runtime.authOrigins),
      wallNow,
    },
    settings.levels,
  );
  return withHoldUp(of, decision, { method, url });
}

/** A call without an outcome: it has not been sent yet. */
function isUnsent({ method, url, headers: _, ...further }: ExplainInput): boolean {
  const isCall = method !== undefined || url !== undefined;
  return isCall && Object.values(further).every((value) => value === undefined);
}

function outcomeOf(
  { status, headers, error, body }: ExplainInput,
  wallNowMs: number,
  { dialects }: CallSettings,
): Outcome {
  if (error !== undefined) return errorOutcomeOf(error);
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw new OptionError('explain: status', status, 'must be a status from 200 to 599, unless error is given');
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = new Response(null, { status, headers: new Headers(headers ?? {}) });
  return toOutcome(response, { status, headers: response.headers, text, wallNowMs }, dialects);
}

function errorOutcomeOf(error: unknown): Outcome {
  if (typeof error === 'string') {
    const code = error === 'network' ? 'NETWORK' : error === 'timeout' ? 'ATTEMPT_TIMEOUT' : error;
    return { kind: 'error', error: Object.assign(new Error(error), { code: error }), code };
  }
  if (!(error instanceof Error)) throw new OptionError('explain: error', error, 'must be an error or its code');
  const outcome = errorOutcome(error);
  if (outcome.code !== 'UNKNOWN') return outcome;
  // A given error is explained as if the transport had thrown it.
  const { code } = networkFailure(error);
  if (code !== undefined) return { ...outcome, code };
  if (error.name === 'TimeoutError') return { ...outcome, code: 'ATTEMPT_TIMEOUT' };
  return error instanceof TypeError ? { ...outcome, code: 'NETWORK' } : outcome;
}

function absolute(url: string | URL | undefined, base: string | undefined): string {
  try {
    return new URL(url ?? '', base).href;
  } catch {
    if (url === undefined || base === undefined) return String(url ?? '/');
    throw new TypeError(`explain: url must be a URL, got ${show(url)}`);
  }
}
