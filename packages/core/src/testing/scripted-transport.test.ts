import { describe, expect, it } from 'vitest';
import { rejection } from '../retry/ring.test-support.ts';
import { hang, networkFailureOf, scriptedTransport } from './scripted-transport.ts';

const request = (init: RequestInit = {}): Request => new Request('https://api.example.com/orders', init);

describe('scriptedTransport', () => {
  it('answers one request after the other', async () => {
    const given = new Response('as it is');
    const send = scriptedTransport([
      204,
      { status: 429, headers: { 'retry-after': '1' }, body: 'slow' },
      { json: { id: 1 } },
      {},
      given,
      (seen) => new Response(seen.method),
    ]);
    expect((await send(request())).status).toBe(204);
    const throttled = await send(request());
    expect([throttled.status, throttled.headers.get('retry-after'), await throttled.text()]).toEqual([
      429,
      '1',
      'slow',
    ]);
    expect(await (await send(request())).json()).toEqual({ id: 1 });
    expect((await send(request())).status).toBe(200);
    expect(await send(request())).toBe(given);
    expect(await (await send(request({ method: 'PUT' }))).text()).toBe('PUT');
  });

  it('records its requests', async () => {
    const send = scriptedTransport([200]);
    await send(request({ method: 'POST', body: 'text', headers: { 'x-a': '1' } }));
    expect(send.requests).toEqual([
      {
        method: 'POST',
        url: 'https://api.example.com/orders',
        headers: { 'content-type': 'text/plain;charset=UTF-8', 'x-a': '1' },
        body: 'text',
      },
    ]);
  });

  it('refuses a request that is not in the script', async () => {
    const send = scriptedTransport([]);
    expect(await rejection(send(request()))).toEqual(
      new Error('scriptedTransport: request 1 came, but the script has 0 steps'),
    );
  });

  it('fails as the platform does', async () => {
    const error = await rejection(scriptedTransport([networkFailureOf('ECONNRESET')])(request()));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } });
  });

  it('is aborted as fetch is, before and while it hangs', async () => {
    expect(await rejection(scriptedTransport([200])(request(), { signal: AbortSignal.abort('gone') }))).toBe('gone');
    const controller = new AbortController();
    const hanging = rejection(scriptedTransport([hang()])(request(), { signal: controller.signal }));
    controller.abort('enough');
    expect(await hanging).toBe('enough');
  });
});
