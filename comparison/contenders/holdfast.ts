import { apiKey, bearerToken, type ClientOptions, createResilientClient, exponentialBackoff, retry } from 'holdfast';
import type { Client, Contender, Settings } from '../contender.ts';

export const holdfast: Contender = {
  name: 'Holdfast',
  packages: ['holdfast'],
  lacks: {},
  open(origin, settings) {
    return faceOf(optionsFor(origin, settings), settings.onRetry);
  },
  nest(origin) {
    const options = optionsFor(origin, {});
    const { fetch } = createResilientClient(options);
    return faceOf({ ...options, fetch: fetch as typeof globalThis.fetch });
  },
};

function faceOf(options: ClientOptions, onRetry?: () => void): Client {
  const api = createResilientClient(options);
  if (onRetry) api.on('retry.scheduled', onRetry);
  return {
    async send(url, { method = 'GET', ...init } = {}) {
      const response = await api(url, { method, ...init });
      return { status: response.status, text: await response.text() };
    },
    stream: async (url) => (await api.get(url)).body as AsyncIterable<Uint8Array>,
    close: () => api.close(),
  };
}

function optionsFor(origin: string, settings: Settings): ClientOptions {
  const { retries = 2, delayMs = 20, timeoutMs, totalMs, maxRetryAfterMs, auth, circuit, queue, perSecond } = settings;
  const backoff = exponentialBackoff({ initialMs: delayMs, maxMs: delayMs, jitter: 'none' });
  const retrying = retry({ limit: retries, backoff });
  return {
    authOrigins: [origin],
    policies: { network: retrying, timeout: retrying, '5xx': retrying, 429: retrying },
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(totalMs !== undefined && { totalTimeout: totalMs }),
    ...(maxRetryAfterMs !== undefined && { maxRetryAfter: maxRetryAfterMs }),
    ...(auth && { auth: bearerToken({ token: auth.token, refresh: () => auth.refresh() }) }),
    ...(settings.apiKey !== undefined && { auth: apiKey({ key: settings.apiKey, header: 'x-api-key' }) }),
    ...(settings.idempotencyKeys && { idempotencyKeys: true }),
    circuitBreaker: circuit ? { ...circuit, failureRatio: 0.5, windowMs: 10_000 } : false,
    ...(queue && { rateLimit: { maxConcurrent: queue.running, maxQueue: queue.waiting } }),
    ...(perSecond !== undefined && { rateLimit: { requests: perSecond, perMs: 1000 } }),
  };
}
