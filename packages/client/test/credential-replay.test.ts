import { bearerToken, type ClientOptions, createResilientClient, failFast, refreshCredentials } from 'holdfast';
import { afterEach, expect, test, vi } from 'vitest';
import { rejection } from './support/scripted.ts';
import { json, serve } from './support/server.ts';

afterEach(() => void vi.restoreAllMocks());

/** A server that accepts only the newest token. */
const guarded = (good = 'new') =>
  serve((request, response) => {
    if (request.headers['authorization'] === `Bearer ${good}`) response.end(request.body);
    else json(response, 401, { error: { code: 'token_expired' } });
  });
const refreshable = () => bearerToken({ token: 'old', refresh: () => 'new' });
const post = (origin: string, headers: Record<string, string> = {}): Request =>
  new Request(`${origin}/orders`, { method: 'POST', headers, body: 'of a Request' });

test('a POST given as a Request is sent again, whole, after a refresh, on both faces', async () => {
  const { origin, requests } = await guarded();
  const api = (): ReturnType<typeof createResilientClient> =>
    createResilientClient({ baseUrl: origin, auth: refreshable() });
  expect(await (await api().fetch(post(origin))).text()).toBe('of a Request');
  expect(await api()(post(origin)).text()).toBe('of a Request');
  expect(requests.map(({ headers, body }) => [headers['authorization'], body.toString()])).toEqual([
    ['Bearer old', 'of a Request'],
    ['Bearer new', 'of a Request'],
    ['Bearer old', 'of a Request'],
    ['Bearer new', 'of a Request'],
  ]);
});

test('a rule or a policy of the user’s that asks for a refresh keeps the body too', async () => {
  const { origin, requests } = await serve((request, response) =>
    json(response, request.headers['authorization'] === 'Bearer new' ? 200 : 403, {}),
  );
  for (const options of [
    { policies: { 403: refreshCredentials(), 401: failFast() } },
    { rules: [{ when: { status: 403 }, policy: refreshCredentials() }] },
    { policies: { 403: () => refreshCredentials() } },
  ] satisfies ClientOptions[]) {
    const api = createResilientClient({ baseUrl: origin, auth: refreshable(), ...options });
    expect((await api.fetch(post(origin))).status).toBe(200);
  }
  expect(requests.map(({ body }) => body.toString())).toEqual(Array(6).fill('of a Request'));
});

test('a clone is kept only where a refresh is possible', async () => {
  const clone = vi.spyOn(Request.prototype, 'clone');
  const { origin } = await guarded('old');
  const other = await guarded('old');
  const clones = async (options: ClientOptions, request: Request): Promise<number> => {
    clone.mockClear();
    const api = createResilientClient({ baseUrl: origin, auth: refreshable(), ...options });
    await api.fetch(request).catch(() => undefined);
    return clone.mock.calls.length;
  };
  expect(await clones({}, post(origin))).toBe(1);
  expect(await clones({ auth: bearerToken({ token: 'old' }) }, post(origin))).toBe(0);
  expect(await clones({}, post(origin, { authorization: 'Bearer mine' }))).toBe(0);
  expect(await clones({}, post(other.origin))).toBe(0);
  for (const policies of [{ 401: failFast() }, { '4xx': failFast() }, { default: failFast() }]) {
    expect(await clones({ policies }, post(origin))).toBe(0);
  }
});

test('a POST that is not a Request is not cloned at all: a new one is made from its value', async () => {
  const clone = vi.spyOn(Request.prototype, 'clone');
  const { origin, requests } = await guarded();
  const bodies = ['text', new Blob(['blob']), new TextEncoder().encode('bytes'), new URLSearchParams({ a: '1' })];
  for (const body of bodies) {
    const api = createResilientClient({ baseUrl: origin, auth: refreshable() });
    expect((await api.fetch(`${origin}/orders`, { method: 'POST', body })).status).toBe(200);
  }
  expect(clone).not.toHaveBeenCalled();
  const sent = requests.map(({ headers, body }) => `${headers['content-length']} ${body}`);
  expect(sent).toEqual(['4 text', '4 text', '4 blob', '4 blob', '5 bytes', '5 bytes', '3 a=1', '3 a=1']);
});

test('a stream is sent once, as the same stream, and its refusal says why it is not sent again', async () => {
  const { origin, requests } = await guarded();
  const api = createResilientClient({ baseUrl: origin, auth: refreshable() });
  const body = new Blob(['a stream']).stream();
  const error = await rejection(api.post('orders', { body }));
  expect(error).toMatchObject({ status: 401, decision: { because: 'notReplayable' } });
  expect(requests.map((request) => request.body.toString())).toEqual(['a stream']);
});
