import type { ClientOptions, ResilientClient } from 'holdfast';

/** One call of a contender: sends, and reads the answer as JSON. */
export interface Calls {
  get(): Promise<unknown>;
  post(): Promise<unknown>;
}

export interface Contender {
  readonly name: string;
  /** False for a library with its own transport, which can't use a stub in place of the platform's fetch. */
  readonly usesFetch: boolean;
  /** Imports the library and creates a client as the library's documentation does, in a process without any other one. */
  open(url: string): Promise<Calls>;
}

/** The posted body: 1 KiB of JSON. */
const order = { id: 42, item: 'tent', note: 'x'.repeat(1024 - 34) };
const headers = { 'content-type': 'application/json' };

/** A limit that is on but never reached, because no contender ever has this many calls in flight. */
const maxConcurrent = 5000;

/** Timeouts are on in each contender that has them, and long enough never to end a call on a busy machine. */
const timeoutMs = 60_000;

export const contenders: readonly Contender[] = [
  {
    name: 'fetch',
    usesFetch: true,
    async open(url) {
      return {
        get: async () => (await fetch(url)).json(),
        post: async () => (await fetch(url, { method: 'POST', body: JSON.stringify(order), headers })).json(),
      };
    },
  },
  {
    name: 'undici.request',
    usesFetch: false,
    async open(url) {
      const { request } = await import('undici');
      return {
        get: async () => (await request(url)).body.json(),
        post: async () => (await request(url, { method: 'POST', body: JSON.stringify(order), headers })).body.json(),
      };
    },
  },
  {
    name: 'ofetch',
    usesFetch: true,
    async open(url) {
      const { ofetch } = await import('ofetch');
      return { get: () => ofetch(url), post: () => ofetch(url, { method: 'POST', body: order }) };
    },
  },
  {
    name: 'wretch',
    usesFetch: true,
    async open(url) {
      const { default: wretch } = await import('wretch');
      const api = wretch(url);
      return { get: () => api.get().json(), post: () => api.post(order).json() };
    },
  },
  {
    name: 'cockatiel + fetch',
    usesFetch: true,
    async open(url) {
      const cockatiel = await import('cockatiel');
      const { bulkhead, circuitBreaker, handleAll, retry, timeout, wrap } = cockatiel;
      const policy = wrap(
        retry(handleAll, { maxAttempts: 2, backoff: new cockatiel.ExponentialBackoff() }),
        circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new cockatiel.ConsecutiveBreaker(5) }),
        bulkhead(maxConcurrent, maxConcurrent),
        timeout(timeoutMs, cockatiel.TimeoutStrategy.Aggressive),
      );
      // The body must be read here: when the timeout's function ends, it aborts the signal, even after a success.
      const send = (init: RequestInit): Promise<unknown> =>
        policy.execute(async ({ signal }) => (await fetch(url, { ...init, signal })).json());
      return { get: () => send({}), post: () => send({ method: 'POST', body: JSON.stringify(order), headers }) };
    },
  },
  {
    name: 'make-fetch-happen',
    usesFetch: false,
    async open(url) {
      // @ts-expect-error The package has no types.
      const { default: makeFetchHappen } = await import('make-fetch-happen');
      const send = makeFetchHappen.defaults({ retry: { retries: 2 } });
      return {
        get: async () => (await send(url)).json(),
        post: async () => (await send(url, { method: 'POST', body: JSON.stringify(order), headers })).json(),
      };
    },
  },
  {
    name: 'got',
    usesFetch: false,
    async open(url) {
      const { default: got } = await import('got');
      return { get: () => got(url).json(), post: () => got.post(url, { json: order }).json() };
    },
  },
  {
    name: 'axios + axios-retry',
    usesFetch: false,
    async open(url) {
      const [{ default: axios }, { default: axiosRetry }] = await Promise.all([import('axios'), import('axios-retry')]);
      const api = axios.create({ timeout: timeoutMs });
      axiosRetry(api, { retries: 2 });
      return {
        get: async () => (await api.get(url)).data,
        post: async () => (await api.post(url, order)).data,
      };
    },
  },
  {
    name: 'ky',
    usesFetch: true,
    async open(url) {
      const { default: plain } = await import('ky');
      const ky = plain.create({ timeout: timeoutMs });
      return { get: () => ky.get(url).json(), post: () => ky.post(url, { json: order }).json() };
    },
  },
  {
    name: 'ky, retry and timeout off',
    usesFetch: true,
    async open(url) {
      const { default: plain } = await import('ky');
      const ky = plain.create({ retry: 0, timeout: false });
      return { get: () => ky.get(url).json(), post: () => ky.post(url, { json: order }).json() };
    },
  },
  {
    name: 'ky + Bottleneck + opossum + p-retry',
    usesFetch: true,
    async open(url) {
      const [{ default: ky }, { default: Bottleneck }, { default: CircuitBreaker }, { default: pRetry }] =
        await Promise.all([import('ky'), import('bottleneck'), import('opossum'), import('p-retry')]);
      const limiter = new Bottleneck({ maxConcurrent });
      const breaker = new CircuitBreaker((request: Request) => pRetry(() => fetch(request.clone()), { retries: 2 }), {
        timeout: timeoutMs,
      });
      const glued = ky.create({
        retry: 0,
        timeout: timeoutMs,
        fetch: (input) => limiter.schedule(() => breaker.fire(input as Request)),
      });
      return { get: () => glued.get(url).json(), post: () => glued.post(url, { json: order }).json() };
    },
  },
  {
    name: 'Holdfast',
    usesFetch: true,
    open: async (url) => kyFace(url, await resilientClient()),
  },
  {
    name: 'Holdfast, client.fetch',
    usesFetch: true,
    open: async (url) => fetchFace(url, await resilientClient()),
  },
  {
    name: 'Holdfast on undici',
    usesFetch: false,
    open: async (url) => kyFace(url, await resilientClient(await straightToUndici())),
  },
  {
    name: 'Holdfast on undici, client.fetch',
    usesFetch: false,
    open: async (url) => fetchFace(url, await resilientClient(await straightToUndici())),
  },
];

/** Everything that a client does by default, and a limit. */
async function resilientClient(options: ClientOptions = {}): Promise<ResilientClient> {
  const { createResilientClient } = await import('holdfast');
  return createResilientClient({ timeout: timeoutMs, rateLimit: { maxConcurrent }, ...options });
}

async function straightToUndici(): Promise<ClientOptions> {
  const { undiciTransport } = await import('@holdfast/undici');
  return { transport: undiciTransport() };
}

function kyFace(url: string, api: ResilientClient): Calls {
  return { get: () => api.get(url).json(), post: () => api.post(url, { json: order }).json() };
}

function fetchFace(url: string, api: ResilientClient): Calls {
  return {
    get: async () => (await api.fetch(url)).json(),
    post: async () => (await api.fetch(url, { method: 'POST', body: JSON.stringify(order), headers })).json(),
  };
}
