import type { Dialect } from '@holdfast/core';
import type { Step } from '@holdfast/core/testing';
import { type ApiError, type ClientOptions, exponentialBackoff, retry } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { bodyOf, events } from './support/event-body.ts';
import { baseUrl, rejection, type Scene, scripted } from './support/scripted.ts';

/** An API whose streams may begin with an error although their status is 200. */
const model: Dialect = {
  name: 'model',
  error: { code: ['error.type'] },
  failure: { when: { path: 'type', is: 'error' }, in: 'streams' },
  verdicts: [{ when: { path: 'error.type', is: 'overloaded_error' }, kind: 'overloaded', retry: true, applied: 'no' }],
};
const overloaded = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy"}}\n\n';
const invalid = 'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"No"}}\n\n';
const good = 'event: word\ndata: {"type":"word"}\n\n';

const speaking = (script: readonly Step[], options: ClientOptions = {}): Scene =>
  scripted(script, { dialect: model, readBody: 'firstChunk', ...options });
const post = { method: 'POST', body: '{}' };

describe('a first event that the dialect calls an error', () => {
  test('is a failed attempt for client.fetch: policies, budget and history treat it as the error that it reports', async () => {
    const { api, clock, log, transport } = speaking([events([overloaded], 'stall'), events([good])]);
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect(await response.text()).toBe(good);
    expect(transport.requests).toHaveLength(2);
    expect(log.events.find(({ type }) => type === 'retry.scheduled')).toMatchObject({ status: 503 });
    // The dialect says that the server did nothing, so even a POST may be sent again.
    const posted = speaking([events([overloaded]), events([good])]);
    expect(await (await posted.clock.run(posted.api.fetch(`${baseUrl}x`, post))).text()).toBe(good);
  });

  test('is returned as that status, with the event as its body, when no retry is left', async () => {
    const { api, clock } = speaking([events([overloaded]), events([overloaded])], { retry: 1 });
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/json']);
    expect(await response.json()).toMatchObject({ error: { type: 'overloaded_error' } });
  });

  test('fails in several chunks, and after a mark of byte order, too', async () => {
    const pieces = [
      '\uFEFFevent: er',
      'ror\nda',
      'ta: {"type":"error","error":',
      '{"type":"overloaded_error"}}\r',
      '\n\r\n',
    ];
    const { api, clock } = speaking([events(pieces, 'stall'), events([good])]);
    expect(await (await clock.run(api.fetch(`${baseUrl}x`))).text()).toBe(good);
  });

  test('that is final is not retried, and opens no circuit', async () => {
    const { api, clock, transport } = speaking([events([invalid])]);
    expect((await clock.run(api.fetch(`${baseUrl}x`))).status).toBe(400);
    expect(transport.requests).toHaveLength(1);
    expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  test('is an ordinary failure for events() and for get(), without another option', async () => {
    const { api, clock } = scripted([events([overloaded]), events([good])], { dialect: model });
    expect((await clock.run(api.events('x').next())).value?.event).toBe('word');
    const failing = scripted([events([overloaded])], { dialect: model, retry: 0 });
    const error = await failing.clock.run(rejection<ApiError>(failing.api.events('x').next()));
    expect(error).toMatchObject({ code: 'API_ERROR', status: 503, kind: 'overloaded', error: { message: 'Busy' } });
    const got = speaking([events([overloaded])], { retry: 0 });
    expect(await got.clock.run(rejection<ApiError>(got.api.get('x')))).toMatchObject({ kind: 'overloaded' });
  });

  test('may have a policy of its own, by its status', async () => {
    const policies = { 503: retry({ limit: 1, backoff: exponentialBackoff({ initialMs: 5_000, jitter: 'none' }) }) };
    const { api, clock } = speaking([events([overloaded]), events([good])], { policies });
    await clock.run(api.fetch(`${baseUrl}x`));
    expect(clock.now()).toBe(5_000);
  });
});

describe('a stream is handed on as it is, each byte once,', () => {
  test.for<[string, readonly string[]]>([
    ['where its first event is none', [good, overloaded]],
    ['where a comment stands in front', [': hello\n\n', overloaded]],
    ['where its first event is longer than is looked at', [`data: ${'x'.repeat(70_000)}`, '\n\n']],
    ['where it ends within its first event', ['event: error\ndata: {"type":']],
    ['where its first event is no JSON', ['data: hello\n\n']],
    ['where it is empty', []],
  ])('%s', async ([, pieces]) => {
    const { api, clock, transport } = speaking([events(pieces)]);
    expect(await (await clock.run(api.fetch(`${baseUrl}x`))).text()).toBe(pieces.join(''));
    expect(transport.requests).toHaveLength(1);
  });

  test('where it is no event stream, and where no dialect judges streams', async () => {
    const json = bodyOf(['{"type":"error"}'], 'end', { 'content-type': 'application/json' });
    const plain = speaking([json.response]);
    expect((await plain.clock.run(plain.api.fetch(`${baseUrl}x`))).status).toBe(200);
    const other = speaking([events([overloaded])], { dialect: { name: 'other' } });
    expect((await other.clock.run(other.api.fetch(`${baseUrl}x`))).status).toBe(200);
  });

  test('and a stream that breaks within its first event is a failed attempt', async () => {
    const { api, clock } = speaking([events(['event: er'], 'break'), events([good])]);
    expect(await (await clock.run(api.fetch(`${baseUrl}x`))).text()).toBe(good);
  });

  test('and if the caller aborts meanwhile, nothing stays open', async () => {
    const { response, seen } = bodyOf(['event: er'], 'stall');
    const { api, clock } = speaking([response]);
    const controller = new AbortController();
    const left = rejection(api.fetch(`${baseUrl}x`, { signal: controller.signal }));
    await clock.settle();
    controller.abort('left');
    expect(await left).toBe('left');
    expect([seen.cancelled, clock.pending]).toEqual(['left', 0]);
  });
});

test('where a rule for streams is wrong, it is refused when the client is created', () => {
  const wrong = { name: 'x', failure: { when: {}, in: 'bodies' } } as never;
  expect(() => scripted([], { dialect: wrong })).toThrow(/dialect\.failure\.in must be/);
});
