import type { ScriptedTransport } from '@holdfast/core/testing';
import { type CallOptions, type ClientOptions, createResilientClient } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { baseUrl, rejection, scripted } from './support/scripted.ts';

type Members = Readonly<Record<string, unknown>>;

/** Its members are getters of its prototype, as in a class that computes its options. */
function instanceOf(members: Members): object {
  class Given {}
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(Given.prototype, name, { get: () => value });
  return new Given();
}

const kinds: readonly (readonly [string, (members: Members) => object])[] = [
  ['an instance of a class with getters', instanceOf],
  ['an object that inherits them', (members) => Object.create(members)],
  [
    'an object that inherits them from one without a prototype',
    (members) => Object.create(Object.assign(Object.create(null), members)),
  ],
  ['a Proxy that lists none of them', (members) => new Proxy({}, { get: (_, name) => members[name as string] })],
];

const header = (request: ScriptedTransport['requests'][number] | undefined): string | undefined =>
  request?.headers['x-a'];

describe.for(kinds)('options that are %s', ([, make]) => {
  test('count for a call', async () => {
    const { api, transport } = scripted([200, 200, 200, 200]);
    const options = make({ headers: { 'x-a': '1' }, searchParams: { page: 2 } }) as CallOptions;
    await api('x', options);
    await api.get('x', options);
    await api.post('x', make({ headers: { 'x-a': '1' }, searchParams: { page: 2 }, json: { b: 1 } }) as CallOptions);
    expect(transport.requests.map((request) => [header(request), new URL(request.url).search])).toEqual(
      Array(3).fill(['1', '?page=2']),
    );
    expect(transport.requests[2]?.body).toBe('{"b":1}');
  });

  test('count for a client, and for one made from it', async () => {
    const { transport, clock } = scripted([503, 404, 200]);
    const fetch = transport as unknown as typeof globalThis.fetch;
    const given = make({ baseUrl, clock, fetch, headers: { 'x-a': '1' }, retry: 0, throwHttpErrors: false });
    const api = createResilientClient(given as ClientOptions);
    expect((await api.get('x')).status).toBe(503);
    const further = api.extend(make({ headers: { 'x-a': '2' } }) as ClientOptions);
    await further.get('x');
    await api.extend(() => make({ headers: { 'x-a': '3' } }) as ClientOptions).get('x');
    expect(transport.requests.map(header)).toEqual(['1', '2', '3']);
  });

  test('count for a stream', async () => {
    const body = 'data: 1\n\ndata: end\n\n';
    const { api, transport } = scripted([{ body, headers: { 'content-type': 'text/event-stream' } }, { body: '1\n' }]);
    const until = ({ data }: { readonly data: string }): boolean => data === 'end';
    const seen: string[] = [];
    for await (const { data } of api.events('x', make({ headers: { 'x-a': '1' }, until }))) seen.push(data);
    for await (const line of api.lines('x', make({ headers: { 'x-a': '1' } }))) seen.push(String(line));
    expect([seen, transport.requests.map(header)]).toEqual([
      ['1', 'end', '1'],
      ['1', '1'],
    ]);
  });

  test('count as ky’s retry, and under `holdfast` of client.fetch', async () => {
    const { api, clock, transport } = scripted(Array(9).fill(503), { retryBudget: false, circuitBreaker: false });
    const retry = make({ limit: 3, delay: () => 1 }) as NonNullable<CallOptions['retry']>;
    await clock.run(rejection(api.get('x', { retry })));
    expect(transport.requests).toHaveLength(4);
    await clock.run(api.fetch(`${baseUrl}x`, { holdfast: make({ retry }) }));
    expect(transport.requests).toHaveLength(8);
  });

  test('are checked like any others', async () => {
    const { api } = scripted([]);
    expect(() => createResilientClient(make({ timeout: -1 }))).toThrow(/timeout must be .*got -1/);
    expect(await rejection(api.get('x', make({ timeout: -1 })))).toBeInstanceOf(RangeError);
    expect(() => api.get('x', make({ rateLimit: {} }))).toThrow(/rateLimit is shared by all calls of a client/);
    expect(() => api.events('x', make({ eventTimeout: -1 }))).toThrow(/eventTimeout must be/);
  });
});

test('what all objects inherit is no option', async () => {
  const { api } = scripted([200, 200]);
  Object.defineProperty(Object.prototype, 'readBody', { value: 'nonsense', configurable: true });
  try {
    expect((await api.get('x', {})).status).toBe(200);
    expect((await api.get('x', new (class {})())).status).toBe(200);
  } finally {
    Reflect.deleteProperty(Object.prototype, 'readBody');
  }
});
