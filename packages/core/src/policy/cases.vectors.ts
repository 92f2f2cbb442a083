import type { Outcome } from '../kernel/outcome.ts';
import { networkFailureOf } from '../testing/scripted-transport.ts';
import { defaultLevels } from './default-levels.ts';
import type { Facts } from './facts.ts';
import { type KyRetryOptions, translateKyRetry } from './retry-override.ts';
import { type PolicyLevel, type PolicyOptions, resolvePolicyLevel } from './table.ts';

/** The facts of a first GET with unlimited time and tokens, whose jitter is the longest. */
export function factsOf(over: Partial<Facts> = {}): Facts {
  return {
    method: 'GET',
    url: 'https://api.example.com/orders/42',
    attempt: 1,
    elapsedMs: 0,
    remainingMs: Number.POSITIVE_INFINITY,
    replayable: true,
    tokensLeft: Number.POSITIVE_INFINITY,
    random: 1,
    ...over,
  };
}

/** The facts of a first POST without an idempotency key. */
export function postFacts(over: Partial<Facts> = {}): Facts {
  return factsOf({ method: 'POST', replayable: false, ...over });
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Outcome {
  const response = { status: code, headers: new Headers(headers), body: null } as unknown as Response;
  return { kind: 'response', status: code, headers: response.headers, response };
}

export function failure(code: string, error: unknown = Object.assign(new Error(code), { code })): Outcome {
  return { kind: 'error', error, code };
}

/** No answer, as the transport reports it. */
export function network(platformCode?: string): Outcome {
  const error = platformCode === undefined ? new TypeError('Failed to fetch') : networkFailureOf(platformCode);
  return failure('NETWORK', error);
}

export const timedOut: Outcome = failure('ATTEMPT_TIMEOUT');

/** A client's level on top of the defaults. */
export function levelsOf(
  options: PolicyOptions & { readonly retry?: number | KyRetryOptions },
  below: readonly PolicyLevel[] = defaultLevels,
): readonly PolicyLevel[] {
  const override = options.retry === undefined ? undefined : translateKyRetry(options.retry, 'client');
  const level = resolvePolicyLevel(options, 'client', override);
  return level ? [level, ...below] : below;
}
