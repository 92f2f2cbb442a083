import { describe, expect, it, vi } from 'vitest';
import { failFast, retry } from '../policy/policies.ts';
import { rejection, scene } from '../retry/ring.test-support.ts';
import { networkFailureOf } from '../testing/scripted-transport.ts';
import { renewed, requestBody } from './request-body.ts';

const url = 'https://api.example.com/orders';
const post = (body?: unknown): Request =>
  new Request(url, { method: 'POST', duplex: 'half', ...(body !== undefined && { body }) } as RequestInit);
const stream = (text = 'streamed'): ReadableStream => new Blob([text]).stream();
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('chunk');
}
const form = (): FormData => {
  const data = new FormData();
  data.set('file', new Blob(['content']), 'a.txt');
  return data;
};

describe('requestBody', () => {
  it.each<[string, unknown, string]>([
    ['a string', 'text', 'value'],
    ['an empty string', '', 'value'],
    ['bytes', new Uint8Array([1]), 'value'],
    ['a buffer', new ArrayBuffer(1), 'value'],
    ['a blob', new Blob(['x']), 'value'],
    ['a form', form(), 'value'],
    ['URL parameters', new URLSearchParams({ a: '1' }), 'value'],
    ['a stream', stream(), 'oneShot'],
    ['an async iterable', chunks(), 'oneShot'],
  ])('of %s is recorded with its kind', (_what, value, kind) => {
    expect(requestBody(value, post(value)).kind).toBe(kind);
  });

  it('is absent if the request has no body', () => {
    expect(requestBody(undefined, post())).toEqual({ kind: 'none' });
    expect(requestBody('ignored', post())).toEqual({ kind: 'none' });
  });

  it('belongs to the caller’s own Request if its source is not known', () => {
    expect(requestBody(undefined, post('x'))).toEqual({ kind: 'request' });
    expect(requestBody(null, post('x'))).toEqual({ kind: 'request' });
  });

  it('no longer comes from the value if another request has replaced it', () => {
    expect(requestBody('x', post('y'), true)).toMatchObject({ kind: 'request' });
    expect(requestBody(stream(), post('y'), true)).toEqual({ kind: 'oneShot' });
  });
});

describe('renewed', () => {
  it('makes the body complete again, and keeps everything else', async () => {
    const first = new Request(url, { method: 'PUT', body: 'text', headers: { 'x-a': '1' } });
    const body = requestBody('text', first);
    await first.text();
    const second = renewed(first, body);
    expect(second.method).toBe('PUT');
    expect(second.headers.get('x-a')).toBe('1');
    expect(second.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(await second.text()).toBe('text');
  });

  it('gives a form a boundary that fits it', async () => {
    const data = form();
    const first = post(data);
    const second = renewed(first, requestBody(data, first));
    const boundary = /boundary=(.*)$/.exec(second.headers.get('content-type') ?? '')?.[1];
    expect(boundary).toBeTruthy();
    expect(await second.clone().text()).toContain(boundary);
    expect((await second.formData()).get('file')).toBeInstanceOf(Blob);
  });

  it('keeps a content type that the caller set', () => {
    const first = new Request(url, { method: 'PUT', body: '{}', headers: { 'content-type': 'application/json' } });
    expect(renewed(first, requestBody('{}', first)).headers.get('content-type')).toBe('application/json');
  });

  it('gives the same request where there is nothing to renew', () => {
    for (const request of [post(), post('x')]) expect(renewed(request, requestBody(undefined, request))).toBe(request);
  });
});

describe('in the retry ring', () => {
  it.each<[string, () => BodyInit, string]>([
    ['a string', () => 'text', 'text'],
    ['bytes', () => new TextEncoder().encode('bytes'), 'bytes'],
    ['a blob', () => new Blob(['blob']), 'blob'],
    ['URL parameters', () => new URLSearchParams({ a: '1' }), 'a=1'],
  ])('%s is sent as often as needed, without teeing', async (_what, body, text) => {
    const clone = vi.spyOn(Request.prototype, 'clone');
    const { run, transport } = scene([503, 503, 200], { method: 'PUT', body: body() });
    expect((await run()).status).toBe(200);
    expect(transport.requests.map((request) => request.body)).toEqual([text, text, text]);
    expect(clone).not.toHaveBeenCalled();
    clone.mockRestore();
  });

  it('a form is sent as often as needed', async () => {
    const { run, transport } = scene([503, 200], { method: 'PUT', body: form() });
    await run();
    for (const { body, headers } of transport.requests) {
      expect(body).toContain('content');
      expect(body).toContain(/boundary=(.*)$/.exec(headers['content-type'] ?? '')?.[1]);
    }
  });

  it('a stream is sent once, and the decision says why', async () => {
    const tee = vi.spyOn(ReadableStream.prototype, 'tee');
    const { run, transport, log } = scene([503, 200], { method: 'PUT', body: stream() });
    expect((await run()).status).toBe(503);
    expect(transport.requests.map(({ body }) => body)).toEqual(['streamed']);
    expect(log.lines.at(-1)).toBe('retry.denied 1: 503 → fail: its body is a stream that can be sent only once');
    expect(tee).not.toHaveBeenCalled();
    tee.mockRestore();
  });

  it('a stream is not sent again even where nothing of it was sent', async () => {
    const { run } = scene([networkFailureOf('ECONNREFUSED')], { method: 'POST', body: stream() });
    await rejection(run());
  });

  it('a caller’s own Request is cloned if its method may be repeated, and its copy is released', async () => {
    const request = new Request(url, { method: 'PUT', body: 'mine' });
    const { run, transport } = scene([503, 503, 200], { request });
    expect((await run()).status).toBe(200);
    expect(transport.requests.map(({ body }) => body)).toEqual(['mine', 'mine', 'mine']);
    expect(request.bodyUsed).toBe(true);
  });

  it('the copy is released after a first success, too', async () => {
    const request = new Request(url, { method: 'PUT', body: 'mine' });
    await scene([200], { request }).run();
    expect(request.bodyUsed).toBe(true);
  });

  it('the copy is released where the call fails, and where the caller leaves', async () => {
    const failing = new Request(url, { method: 'PUT', body: 'mine' });
    await scene([404], { request: failing }).run();
    expect(failing.bodyUsed).toBe(true);
    const left = new Request(url, { method: 'PUT', body: 'mine' });
    const { send, controller, clock } = scene([503, 200], { request: left });
    const sent = rejection(send());
    await clock.advance(1);
    controller.abort();
    await sent;
    expect(left.bodyUsed).toBe(true);
  });

  it('a caller’s own Request that may not be repeated is sent itself, unteed, and once', async () => {
    const request = new Request(url, { method: 'POST', body: 'mine' });
    const clone = vi.spyOn(request, 'clone');
    const { run, log } = scene([429, 200], { request });
    expect((await run()).status).toBe(429);
    expect(clone).not.toHaveBeenCalled();
    expect(log.lines.at(-1)).toBe('retry.denied 1: 429 → fail: its body is a stream that can be sent only once');
  });

  it('an idempotency key makes a POST one that may be repeated', async () => {
    const keyed = { method: 'POST', body: 'x', headers: { 'Idempotency-Key': 'k' } };
    expect((await scene([500, 200], keyed).run()).status).toBe(200);
    const renamed = { ...keyed, headers: { 'x-key': 'k' } };
    expect((await scene([500, 200], renamed).run()).status).toBe(500);
    expect((await scene([500, 200], { ...renamed, settings: { idempotencyHeader: 'X-Key' } }).run()).status).toBe(200);
    const request = new Request(url, keyed);
    expect((await scene([500, 200], { request }).run()).status).toBe(200);
  });

  it('a policy function gets the key', async () => {
    const seen: unknown[] = [];
    const policies = {
      policies: {
        500: (_outcome: unknown, facts: { idempotencyKey?: string }) => {
          seen.push(facts.idempotencyKey);
          return failFast();
        },
      },
    };
    await scene([500], { method: 'POST', body: 'x', headers: { 'idempotency-key': 'k' }, policies }).run();
    await scene([500], { policies }).run();
    expect(seen).toEqual(['k', undefined]);
  });

  it('any method is repeated where the policy says so', async () => {
    const policies = { policies: { 500: retry({ methods: 'any' }) } };
    const { run, transport } = scene([500, 200], { method: 'POST', body: 'x', policies });
    await run();
    expect(transport.requests).toHaveLength(2);
  });
});
