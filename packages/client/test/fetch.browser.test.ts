import { expect, test } from 'vitest';
import { page } from './support/page.ts';
import { rejection } from './support/scripted.ts';

test('client.fetch is a fetch: an error status is an answer, the platform’s own', async () => {
  const { client, url } = page();
  const response = await client().fetch(url('plain', 'status/404'));
  expect(response).toBeInstanceOf(Response);
  expect([response.status, response.ok, response.type, response.url]).toEqual([
    ...[404, false, 'cors'],
    url('plain', 'status/404'),
  ]);
  expect(await response.json()).toEqual({ code: 'code-404' });
});

test('it retries, sends the body again, and works without its client', async () => {
  const { client, url, log } = page();
  const { fetch } = client({ idempotencyKeys: true });
  const request = new Request(url('plain', 'flaky'), { method: 'POST', body: 'order', headers: { 'x-a': '1' } });
  expect(await (await fetch(request)).json()).toMatchObject({ method: 'POST', body: 'order' });
  expect((await log()).map(({ body, headers }) => [body, headers['x-a']])).toEqual([
    ['order', '1'],
    ['order', '1'],
  ]);
});

test('relative URLs, data: and blob: work as in any page', async () => {
  const { fetch } = page().client({ baseUrl: 'https://api.example.com/' });
  expect(await (await fetch('data:text/plain,hello')).text()).toBe('hello');
  expect(await (await fetch(URL.createObjectURL(new Blob(['in a blob'])))).text()).toBe('in a blob');
  expect((await fetch('/')).url).toBe(`${location.origin}/`);
});

test('no answer is a TypeError whose cause is the typed error', async () => {
  const { client, dead } = page();
  const error = await rejection(client({ retry: 0 }).fetch(dead));
  const cause = { name: 'NetworkError', code: 'NETWORK', applied: 'unknown' };
  expect(error).toMatchObject({ name: 'TypeError', cause });
});

test('a Request of a frame is one like any other: its abort and its body count', async () => {
  const frame = document.body.appendChild(document.createElement('iframe'));
  const { Request: Other, AbortController: Controller } = frame.contentWindow as unknown as typeof globalThis;
  const { client, url } = page();
  const { fetch } = client();
  const controller = new Controller();
  const init = { method: 'PUT', body: 'a', headers: { 'x-a': '1' }, signal: controller.signal };
  const answer = await fetch(new Other(url('plain', 'echo'), init));
  expect(await answer.json()).toMatchObject({ method: 'PUT', body: 'a' });
  controller.abort(new Error('left'));
  expect((await rejection(fetch(new Other(url('plain', 'echo'), init)))).message).toBe('left');
  frame.remove();
});
