import {
  bulkhead,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  handleAll,
  type IPolicy,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import type { Client, Contender, Settings } from '../contender.ts';

export const cockatielWithFetch: Contender = {
  name: 'cockatiel + fetch',
  packages: ['cockatiel'],
  lacks: {
    auth: 'no refresh',
    perSecond: 'no rate limit',
    idempotencyKeys: 'no keys',
    maxRetryAfterMs: 'does not read Retry-After',
  },
  open(_origin, settings) {
    return faceOf(policyFor(settings), settings.apiKey);
  },
  nest() {
    return faceOf(wrap(policyFor({}), policyFor({})));
  },
};

function faceOf(policy: IPolicy, apiKey?: string): Client {
  const ownHeaders = apiKey === undefined ? {} : { 'x-api-key': apiKey };
  return {
    // The body must be read here: when the policy ends, it aborts the signal that it passed.
    send: (url, { headers, signal, ...init } = {}) =>
      policy.execute(async (context) => {
        const response = await fetch(url, { ...init, headers: { ...headers, ...ownHeaders }, signal: context.signal });
        return { status: response.status, text: await response.text() };
      }, signal),
    async stream(url) {
      const response = await policy.execute(({ signal }) => fetch(url, { signal }));
      return response.body as AsyncIterable<Uint8Array>;
    },
  };
}

/** Retry around the circuit around the queue around the time limit of one attempt, as the documentation shows it. */
function policyFor({ retries = 2, delayMs = 20, timeoutMs, totalMs, circuit, queue, onRetry }: Settings): IPolicy {
  const failed = handleAll.orWhenResult((result) => {
    const { status } = result as Response;
    return status >= 500 || status === 429;
  });
  const broken = handleAll.orWhenResult((result) => (result as Response).status >= 500);
  const retrying = retry(failed, { maxAttempts: retries, backoff: new ConstantBackoff(delayMs) });
  if (onRetry) retrying.onRetry(onRetry);
  const rings: IPolicy[] = [retrying];
  if (totalMs !== undefined) rings.unshift(timeout(totalMs, TimeoutStrategy.Aggressive));
  if (circuit) {
    const breaker = new ConsecutiveBreaker(circuit.minimumCalls);
    rings.push(circuitBreaker(broken, { halfOpenAfter: circuit.openMs, breaker }));
  }
  if (queue) rings.push(bulkhead(queue.running, queue.waiting));
  if (timeoutMs !== undefined) rings.push(timeout(timeoutMs, TimeoutStrategy.Aggressive));
  return wrap(...rings);
}
