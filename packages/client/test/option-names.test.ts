import fc from 'fast-check';
import { type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

/** Each place in which options are given, with the words that its messages begin with. */
const waysIn: readonly [name: string, give: (api: ResilientClient, options: object) => unknown][] = [
  ['createResilientClient', (_api, options) => createResilientClient(options)],
  ['extend', (api, options) => api.extend(options)],
  ['get', (api, options) => api.get('x', options)],
  ['post', (api, options) => api.post('x', options)],
  ['call', (api, options) => api('x', options)],
  ['fetch: init.holdfast', (api, holdfast) => api.fetch(`${baseUrl}x`, { holdfast })],
];

async function refusal(give: (typeof waysIn)[number][1], options: object): Promise<string> {
  const { api, transport } = scripted([200]);
  const error = await rejection((async () => give(api, options))());
  expect(error).toBeInstanceOf(TypeError);
  expect(transport.requests).toHaveLength(0);
  return error.message;
}

const ofOthers: readonly [options: object, remedy: RegExp, inFetch?: RegExp][] = [
  [{ retries: 3 }, /"retries"; use retry: \{limit: 3\}/],
  [{ maxRetries: 3 }, /"maxRetries"; use retry: /],
  [{ retires: 3 }, /"retires"; use retry: \{limit: 3\}/],
  [{ retryDealy: 3 }, /"retryDealy"; use policies: /],
  [{ MAXRETRIES: 3 }, /"MAXRETRIES"; use retry: /],
  [{ attempts: 3 }, /"attempts"; use retry: .*counts the attempts after the first/],
  [{ backoff: 100 }, /"backoff"; use policies: .*exponentialBackoff/],
  [{ params: { page: 2 } }, /"params"; use searchParams/, /"params"; put it into the URL/],
  [{ query: { page: 2 } }, /"query"; use searchParams/, /put it into the URL/],
  [{ data: { item: 1 } }, /"data"; use json/, /"data"; use body of fetch's init/],
  [{ form: { item: 1 } }, /"form"; use body: new URLSearchParams/, /use body of fetch's init/],
  [{ responseType: 'blob' }, /"responseType"; call \.json\(\)/, /on the response/],
  [{ validateStatus: () => true }, /"validateStatus"; use policies: .*accept\(\)/, /a status is a Response already/],
  [{ token: 'sk_live_abcdefghijkl' }, /"token"; use auth: bearerToken/],
  [{ apiKey: 'sk_live_abcdefghijkl' }, /"apiKey"; use auth: apiKey/],
  [{ maxConcurrent: 10 }, /"maxConcurrent"; use rateLimit: \{maxConcurrent: 10\}/],
  [{ requestTimeout: 500 }, /"requestTimeout"; use timeout /],
  [{ prefixURL: 'https://a.example' }, /prefixURL is called prefix since ky 2/],
  [{ policy: {} }, /"policy"; it is called policies/],
  [{ responseCaching: true }, /"responseCaching"; it is called responseCache/],
  [{ readBodies: true }, /"readBodies"; it is called readBody/],
  [{ cache: true }, /cache is fetch's own, .*; use responseCache: true/, /cache belongs to fetch's init itself/],
  [{ withCredentials: true }, /use credentials: 'include'/, /use credentials of fetch's init/],
  [{ cancelToken: {} }, /use signal/],
  [{ credentials: { get: () => 'Bearer x' } }, /credentials is fetch's own, .*; use auth/, /belongs to fetch's init/],
  [{ authorization: 'Bearer x' }, /"authorization"; use auth/, /use headers of fetch's init/],
  // Names of fences: a request would go anywhere.
  [{ allowedHosts: ['api.example.com'] }, /"allowedHosts"; use allowedOrigins/],
  [{ allowed_domains: ['api.example.com'] }, /"allowed_domains"; use allowedOrigins/],
  [{ maxBodyLength: 5 }, /"maxBodyLength"; use maxResponseBytes/],
  // axios and axios-retry
  [{ baseURL: 'https://a.example' }, /did you mean "baseUrl"/],
  [{ transformRequest: [] }, /use hooks/, /no effect in client\.fetch/],
  [{ interceptors: {} }, /use hooks/, /no effect in client\.fetch/],
  [{ paramsSerializer: {} }, /use searchParams/, /put it into the URL/],
  [{ maxRedirects: 3 }, /use redirect/],
  [{ httpsAgent: {} }, /use dispatcher/],
  [{ retryCondition: () => true }, /use policies/],
  // got
  [{ followRedirect: false }, /use redirect/],
  [{ username: 'a' }, /use auth/],
  [{ resolveBodyOnly: true }, /call \.json\(\)/, /on the response/],
  [{ cookieJar: {} }, /give a fetch that keeps cookies/],
  // ofetch
  [{ onRequest: () => {} }, /use hooks/, /no effect in client\.fetch/],
  [{ ignoreResponseError: true }, /use policies/, /a status is a Response already/],
  [{ retryStatusCodes: [503] }, /use policies/],
  // p-retry
  [{ minTimeout: 100 }, /use policies/],
  [{ onFailedAttempt: () => {} }, /use hooks/, /no effect in client\.fetch/],
  [{ maxRetryTime: 100 }, /use timeout/],
  // opossum
  [{ errorThresholdPercentage: 50 }, /use circuitBreaker/],
  [{ resetTimeout: 50 }, /use circuitBreaker/],
  // bottleneck, p-queue
  [{ minTime: 100 }, /use rateLimit: .*minTimeMs/],
  [{ reservoir: 100 }, /use rateLimit: \{requests/],
  [{ highWater: 100 }, /use rateLimit: .*maxQueue/],
  [{ intervalCap: 100 }, /use rateLimit: \{requests/],
  // SDKs
  [{ timeoutInMs: 100 }, /use timeout/],
  [{ defaultHeaders: {} }, /give headers .* next to the other options/],
  [{ fetchOptions: {} }, /next to the other options/],
  [{ api_key: 'sk_live_abcdefghijkl' }, /"api_key"; use auth: apiKey/],
  [{ max_retries: 3 }, /"max_retries"; use retry: /],
  // EventSource
  [{ lastEventId: '5' }, /use headers: \{'last-event-id'/],
  [{ reconnect: true }, /use resume of client\.events\(\)/],
  // Ours, outside the option that they belong to
  [{ perMs: 1000 }, /use rateLimit/],
  [{ failureRatio: 0.5 }, /use circuitBreaker/],
  [{ backoffLimit: 1000 }, /or retry: .*backoffLimit/],
  [{ beforeRequest: [] }, /use hooks/, /no effect in client\.fetch/],
  [{ refresh: async () => 'a' }, /use auth: bearerToken/],
  // Of later versions
  [{ hedge: { after: 'p95' } }, /this version does not have it/],
  [{ upstreams: [] }, /this version does not have it/],
  [{ use: [] }, /use perCall and perAttempt/],
];

describe.each(waysIn)('%s', (name, give) => {
  test.for(ofOthers)('refuses %j, and says what to write', async ([options, remedy, inFetch]) => {
    const message = await refusal(give, options);
    expect(message.startsWith(`${name}: `)).toBe(true);
    expect(message).toMatch((name.startsWith('fetch') && inFetch) || remedy);
    expect(message).not.toContain('sk_live_');
  });

  test('refuses up to three edits of a name of ours or ky’s, in whatever case', async () => {
    for (const [misspelt, meant] of [
      ['policees', 'policies'],
      ['totlTimot', 'totalTimeout'],
      ['RATELIMITS', 'rateLimit'],
      ['circutBraker', 'circuitBreaker'],
      ['idempotancyKeyz', 'idempotencyKeys'],
      ['maxRetriesAfter', 'maxRetryAfter'],
      ['alowdOrigin', 'allowedOrigins'],
      ['maxResponsBites', 'maxResponseBytes'],
      ['saerchParms', 'searchParams'],
      ['throwHttpErors', 'throwHttpErrors'],
    ] as const) {
      expect(await refusal(give, { [misspelt]: 1 })).toContain(`"${misspelt}"; did you mean "${meant}"?`);
    }
  });
});

describe('the options of client.events()', () => {
  test.each([
    ['evntTimeout', 'eventTimeout'],
    ['EVENTTIMEOUT', 'eventTimeout'],
    ['isFailed', 'isFailure'],
    ['untill', 'until'],
    ['resumes', 'resume'],
    ['onFailure', 'isFailure'],
  ])('%s is refused as a misspelt %s', (misspelt, meant) => {
    const { api, transport } = scripted([200]);
    const ask = (): unknown => api.events('x', { [misspelt]: 1 });
    expect(ask).toThrow(`events: unknown option "${misspelt}"; did you mean "${meant}" of client.events()?`);
    expect(transport.requests).toHaveLength(0);
  });

  test.each(['eventTimeout', 'isFailure', 'until', 'resume'])('%s is refused in every other place', async (name) => {
    for (const [where, give] of waysIn) {
      const message = await refusal(give, { [name]: 1 });
      expect(message).toContain(`${where}: ${name} is an option of client.events() alone`);
    }
    expect(() => scripted([200]).api.lines('x', { [name]: 1 })).toThrow(
      /^lines: .* is an option of client\.events\(\) alone/,
    );
  });

  test('that are undefined are not given', () => {
    expect(() => scripted([200]).api.get('x', { until: undefined } as object)).not.toThrow();
  });
});

test('three edits of a long name are refused, wherever they are', () => {
  const names = ['policies', 'idempotencyKeys', 'circuitBreaker', 'responseCache', 'totalTimeout', 'allowedOrigins'];
  const edits = fc.array(fc.tuple(fc.nat(20), fc.constantFrom('', 'x', 'Q')), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...names), edits, (name, changes) => {
      let word = name;
      for (const [at, letter] of changes) {
        const index = at % word.length;
        word = word.slice(0, index) + letter + word.slice(index + 1);
      }
      if (word === name) return;
      expect(() => createResilientClient({ [word]: 1 } as ClientOptions)).toThrow(/did you mean|use |it is called/);
    }),
    { seed: 2026 },
  );
});

test.for(['counter', 'comment', 'contain'])('%s is three edits from context: another word', (word) => {
  expect(() => createResilientClient({ [word]: 1 } as ClientOptions)).not.toThrow();
});

test('what is undefined is not given', async () => {
  const { api, transport } = scripted([200], { params: undefined, agent: undefined } as object);
  await api.get('x', { params: undefined, data: undefined, proxy: undefined } as object);
  expect(transport.requests).toHaveLength(1);
});

test('other unknown names still pass to fetch, by whatever method', async () => {
  let seen: object = {};
  const api = createResilientClient({
    baseUrl,
    fetch: async (_request, init) => {
      seen = { ...init };
      return new Response();
    },
  });
  await api.post('x', { json: {}, tracing: 1, myOwnThing: 2, size: 0 } as object);
  expect(seen).toMatchObject({ tracing: 1, myOwnThing: 2, size: 0 });
  await api.get('x', { item: 1 } as object);
  expect(seen).toMatchObject({ item: 1 });
});

test('the init of client.fetch itself is fetch’s, whatever it holds', async () => {
  let seen: object = {};
  const api = createResilientClient({
    fetch: async (_request, init) => {
      seen = { ...init };
      return new Response();
    },
  });
  const init = { method: 'POST', retries: 3, params: {}, policiez: 1, proxy: 'http://localhost:1', agent: {} };
  await api.fetch(`${baseUrl}x`, init as RequestInit);
  expect(seen).toMatchObject({ retries: 3, params: {}, policiez: 1, proxy: 'http://localhost:1' });
});

describe('a body in the place of the options', () => {
  test.for(['post', 'put', 'patch'] as const)('%s() refuses it, and says where it belongs', async (method) => {
    const { api, transport } = scripted([]);
    for (const body of [{ item: 1 }, { item: 'tent', quantity: 2 }, { name: 'x' }, { content: 'resembles context' }]) {
      const call = () => api[method]('orders', body as object);
      expect(call).toThrow(TypeError);
      expect(call).toThrow(new RegExp(`^${method}: .*; if this is the body, pass it as \\{json: …\\}$`));
    }
    expect(() => api[method]('x', { item: 'tent', quantity: 2 } as object)).toThrow(
      '"item, quantity" is not an option',
    );
    expect(transport.requests).toHaveLength(0);
    expect(api.snapshot().callsInFlight).toBe(0);
  });

  test('one known name makes them options, as do none at all', async () => {
    const { api, transport } = scripted([200, 200, 200, 200, 200]);
    await api.post('x', { headers: {}, item: 1 } as object);
    await api.post('x', { cf: {}, item: 1 } as object);
    await api.post('x', {});
    await api.post('x', { item: undefined } as object);
    await api.post('x');
    expect(transport.requests).toHaveLength(5);
  });

  test.for<[string, () => object]>([
    ['a form', () => new FormData()],
    ['URLSearchParams', () => new URLSearchParams('a=b')],
    ['a Blob', () => new Blob(['x'])],
    ['a stream', () => new ReadableStream()],
    ['bytes', () => new Uint8Array(2)],
    ['a Map', () => new Map()],
    ['a Date', () => new Date()],
    ['an error', () => new Error('x')],
    ['a Promise that was not awaited', () => Promise.resolve({ json: {} })],
    ['a boxed text', () => new String('x')],
    ['a Response', () => new Response()],
  ])('%s is refused by every method', ([, make]) => {
    const { api } = scripted([]);
    for (const method of ['get', 'post', 'delete'] as const) {
      expect(() => api[method]('x', make())).toThrow(/must be an object; if this is the body, pass it as \{body: …\}/);
    }
  });
});

describe('proxy and agent', () => {
  afterEach(() => vi.unstubAllGlobals());
  const options = [{ proxy: 'http://localhost:3128' }, { agent: {} }] as object[];
  const message = /^\w+: Node's fetch has no (proxy|agent) option.*; use dispatcher: new (ProxyAgent|Agent)/;

  test('are refused where Node’s own fetch sends', () => {
    for (const given of options) {
      expect(() => createResilientClient(given)).toThrow(message);
      const api = createResilientClient();
      expect(() => api.extend(given)).toThrow(message);
      expect(() => api.get(baseUrl, given)).toThrow(message);
    }
  });

  test('pass where a fetch or a transport of the user sends, set for whatever level', async () => {
    const answer = async () => new Response();
    for (const given of options) {
      for (const own of [{ fetch: answer }, { transport: answer }]) {
        expect(() => createResilientClient({ ...own, ...given })).not.toThrow();
        const api = createResilientClient(own).extend({ baseUrl });
        expect(() => api.extend(given)).not.toThrow();
        expect((await api.get('x', given)).status).toBe(200);
      }
      expect((await createResilientClient().get(baseUrl, { ...given, fetch: answer })).status).toBe(200);
    }
  });

  test.for(['Bun', 'Deno'])('pass on %s, whose fetch may know them', (runtime) => {
    vi.stubGlobal(runtime, { version: '1.0.0' });
    for (const given of options) expect(() => createResilientClient(given)).not.toThrow();
  });
});
