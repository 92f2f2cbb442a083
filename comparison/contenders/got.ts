import got from 'got';
import { type Contender, sharedRefresh } from '../contender.ts';

export const plainGot: Contender = {
  name: 'got',
  packages: ['got'],
  lacks: {
    circuit: 'no circuit',
    queue: 'no queue',
    perSecond: 'no rate limit',
    idempotencyKeys: 'no keys',
    totalMs: 'no limit for the whole call',
  },
  open(_origin, { retries = 2, delayMs = 20, timeoutMs, maxRetryAfterMs, auth, apiKey, onRetry }) {
    const refresh = sharedRefresh(auth);
    const api = got.extend({
      retry: {
        ...{ limit: retries, backoffLimit: delayMs, noise: 0 },
        ...(maxRetryAfterMs !== undefined && { maxRetryAfter: maxRetryAfterMs }),
      },
      // This limit ends at the headers, as those of the other libraries do; `request` would also end a stream.
      ...(timeoutMs !== undefined && { timeout: { response: timeoutMs } }),
      ...(apiKey !== undefined && { headers: { 'x-api-key': apiKey } }),
      hooks: {
        ...(auth && {
          beforeRequest: [
            (options) => {
              options.headers['authorization'] = `Bearer ${auth.token}`;
            },
          ],
        }),
        ...(refresh && {
          // As the documentation shows it.
          afterResponse: [
            async (response, retryWithMergedOptions) => {
              if (response.statusCode !== 401) return response;
              return retryWithMergedOptions({ headers: { authorization: `Bearer ${await refresh()}` } });
            },
          ],
        }),
        ...(onRetry && { beforeRetry: [() => onRetry()] }),
      },
    });
    return {
      async send(url, { method = 'GET', body, headers = {}, signal } = {}) {
        const response = await api(url, {
          method,
          headers,
          ...(body !== undefined && { body }),
          ...(signal && { signal }),
        });
        return { status: response.statusCode, text: response.body };
      },
      stream: async (url) => api.stream(url),
    };
  },
};
