import axios, { type AxiosInstance } from 'axios';
import axiosRetry from 'axios-retry';
import { type Client, type Contender, sharedRefresh } from '../contender.ts';

export const axiosWithRetry: Contender = {
  name: 'axios + axios-retry',
  packages: ['axios', 'axios-retry'],
  lacks: {
    circuit: 'no circuit',
    queue: 'no queue',
    perSecond: 'no rate limit',
    idempotencyKeys: 'no keys',
    totalMs: 'no limit for the whole call',
  },
  open(_origin, { retries = 2, delayMs = 20, timeoutMs, auth, apiKey, onRetry }) {
    const api = axios.create({
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
      ...(apiKey !== undefined && { headers: { 'x-api-key': apiKey } }),
    });
    if (auth) refreshing(api, auth);
    axiosRetry(api, {
      retries,
      // axios-retry obeys Retry-After, and adds up to a fifth at random.
      retryDelay: (count, error) => axiosRetry.exponentialDelay(count, error, delayMs / 2),
      retryCondition: (error) => axiosRetry.isNetworkOrIdempotentRequestError(error) || isTimeoutOfAGet(error),
      shouldResetTimeout: true,
      ...(onRetry && { onRetry }),
    });
    return faceOf(api);
  },
  nest() {
    const retries = { retries: 2, retryDelay: () => 20 };
    const [outer, inner] = [axios.create(), axios.create()];
    for (const client of [outer, inner]) axiosRetry(client, retries);
    outer.defaults.adapter = ({ url = '' }) => inner.get(url);
    return faceOf(outer);
  },
};

function faceOf(api: AxiosInstance): Client {
  return {
    async send(url, { method = 'GET', body, headers = {}, signal } = {}) {
      const given = { ...(body !== undefined && { data: body }), ...(signal && { signal }) };
      const { status, data } = await api.request<string>({ url, method, headers, responseType: 'text', ...given });
      return { status, text: data };
    },
    stream: async (url) => (await api.get<AsyncIterable<Uint8Array>>(url, { responseType: 'stream' })).data,
  };
}

/** The default condition excludes timeouts. */
function isTimeoutOfAGet({ code, config }: { code?: string; config?: { method?: string } | undefined }): boolean {
  return code === 'ECONNABORTED' && config?.method === 'get';
}

/** The usual recipe: an interceptor that sends a request once more. */
function refreshing(api: AxiosInstance, auth: { token: string; refresh(): Promise<string> }): void {
  const refresh = sharedRefresh(auth);
  const again = new WeakSet<object>();
  api.interceptors.request.use((config) => {
    config.headers.set('authorization', `Bearer ${auth.token}`);
    return config;
  });
  api.interceptors.response.use(undefined, async (error) => {
    if (error.response?.status !== 401 || again.has(error.config)) throw error;
    await refresh?.();
    const config = { ...error.config };
    again.add(config);
    return api.request(config);
  });
}
