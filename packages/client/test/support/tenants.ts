import { AsyncLocalStorage } from 'node:async_hooks';
import { ManualClock } from '@holdfast/core/testing';
import { bearerToken, type ClientOptions, createResilientClient, type ResilientClient, retry } from 'holdfast';
import { onTestFinished } from 'vitest';
import { baseUrl } from './scripted.ts';

/** The answer to a tenant's request. `sent` counts the requests of that tenant so far. */
type Answer = (tenant: string, sent: number, signal: AbortSignal | undefined) => Response | Promise<Response>;

export interface Tenants {
  readonly api: ResilientClient;
  readonly clock: ManualClock;
  readonly session: AsyncLocalStorage<string>;
  /** Each time that one tenant's code ran outside of that tenant's async context. */
  readonly crossings: readonly string[];
  /** The user's functions that ran, and the types of the events that listeners received. */
  readonly seen: ReadonlySet<string>;
  /** Makes one call for each tenant, in the async context of that tenant. */
  callAll(count: number, path?: (tenant: string) => string): Promise<unknown[]>;
}

/**
 * A client on which each of the user's functions checks its tenant. The URL names the tenant, and code that runs for a
 * call must find the same tenant in the async context.
 */
export function tenants(options: ClientOptions, answer: Answer, clock: ManualClock = new ManualClock()): Tenants {
  const session = new AsyncLocalStorage<string>();
  const crossings: string[] = [];
  const seen = new Set<string>();
  const sent = new Map<string, number>();
  const look = (what: string, url: string | undefined): undefined => {
    seen.add(what);
    const here = session.getStore();
    const wanted = url === undefined ? here : new URL(url).searchParams.get('tenant');
    if (here === undefined || here !== wanted) crossings.push(`${what} of ${wanted} ran for ${here}`);
  };
  const strategy = (name: string): NonNullable<ClientOptions['perCall']>[number] => ({
    name,
    async execute(request, next, context) {
      look(`${name} before`, request.url);
      const response = await next(request, context);
      look(`${name} after`, request.url);
      return response;
    },
  });
  const api = createResilientClient({
    baseUrl,
    clock,
    random: () => 0.5,
    auth: bearerToken({
      token: () => {
        look('token', undefined);
        return `token-${session.getStore()}`;
      },
    }),
    circuitBreaker: {
      key: (request) => {
        look('circuitBreaker.key', request.url);
        return 'one';
      },
    },
    perCall: [strategy('perCall')],
    perAttempt: [strategy('perAttempt')],
    rules: [{ name: 'none', when: (_outcome, { url }) => look('when', url) === undefined && false, policy: retry() }],
    policies: { '5xx': (_outcome, { url }) => look('policy', url) ?? retry({ limit: 3 }) },
    hooks: {
      beforeRequest: [({ request }) => look('beforeRequest', request.url)],
      beforeRetry: [({ request }) => look('beforeRetry', request.url)],
      afterResponse: [({ request }) => look('afterResponse', request.url)],
    },
    parseJson: (text) => {
      look('parseJson', undefined);
      return JSON.parse(text);
    },
    ...options,
    fetch: async (request, init) => {
      const { url, headers } = request as Request;
      look('fetch', url);
      const tenant = String(new URL(url).searchParams.get('tenant'));
      const token = headers.get('authorization');
      if (token !== null && token !== `Bearer token-${tenant}`) crossings.push(`${token} was sent for ${tenant}`);
      const times = (sent.get(tenant) ?? 0) + 1;
      sent.set(tenant, times);
      return answer(tenant, times, init?.signal ?? undefined);
    },
  });
  api.on((event) => {
    if (event.callId !== '') look(event.type, event.url);
  });
  const stop = clock.flow();
  onTestFinished(async () => {
    stop();
    await api.close();
  });
  const callAll: Tenants['callAll'] = (count, path = (tenant) => `orders?tenant=${tenant}`) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        session.run(`t${index}`, () =>
          api
            .get(path(`t${index}`))
            .json()
            .catch((error: unknown) => error),
        ),
      ),
    );
  return { api, clock, session, crossings, seen, callAll };
}

/** An answer for this tenant, after this time. */
export function after(clock: ManualClock, ms: number, tenant: string, init?: ResponseInit): Promise<Response> {
  return new Promise((resolve) => {
    clock.setTimer(() => resolve(Response.json({ tenant }, init)), ms);
  });
}
