import ky, { type Options } from 'ky';
import { type Client, type Contender, sharedRefresh } from '../contender.ts';

export const plainKy: Contender = {
  name: 'ky',
  packages: ['ky'],
  lacks: {
    circuit: 'no circuit',
    queue: 'no queue',
    perSecond: 'no rate limit',
    idempotencyKeys: 'no keys',
  },
  open(_origin, { retries = 2, delayMs = 20, timeoutMs, totalMs, maxRetryAfterMs, auth, apiKey, onRetry }) {
    const refresh = sharedRefresh(auth);
    const options: Options = {
      retry: {
        limit: retries,
        delay: () => delayMs,
        retryOnTimeout: true,
        ...(maxRetryAfterMs !== undefined && { maxRetryAfter: maxRetryAfterMs }),
      },
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
      ...(totalMs !== undefined && { totalTimeout: totalMs }),
      ...(apiKey !== undefined && { headers: { 'x-api-key': apiKey } }),
      hooks: {
        ...(auth && { beforeRequest: [({ request }) => request.headers.set('authorization', `Bearer ${auth.token}`)] }),
        ...(refresh && {
          // As the documentation shows it.
          afterResponse: [
            async ({ request, response, retryCount }) => {
              if (response.status !== 401 || retryCount > 0) return;
              const headers = new Headers(request.headers);
              headers.set('authorization', `Bearer ${await refresh()}`);
              return ky.retry({ request: new Request(request, { headers }), code: 'TOKEN_REFRESHED' });
            },
          ],
        }),
        ...(onRetry && { beforeRetry: [() => onRetry()] }),
      },
    };
    return faceOf(options);
  },
  nest() {
    const retry = { limit: 2, delay: () => 20 };
    const inner = ky.create({ retry });
    return faceOf({ retry, fetch: (input, init) => inner(input, init as Options) });
  },
};

function faceOf(options: Options): Client {
  const api = ky.create(options);
  return {
    async send(url, call = {}) {
      const response = await api(url, call);
      return { status: response.status, text: await response.text() };
    },
    stream: async (url) => (await api(url)).body as AsyncIterable<Uint8Array>,
  };
}
