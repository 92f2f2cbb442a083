import { apiKey, bearerToken, type NetworkError } from 'holdfast';
import { expect, test } from 'vitest';
import { page } from './support/page.ts';
import { rejection } from './support/scripted.ts';

const redirect = (to: string): string => `redirect?to=${encodeURIComponent(to)}`;

test('a key in a header of its own does not follow a redirect: the call fails, once, and says what to do', async () => {
  const { client, url, log, origin } = page();
  const api = client({ baseUrl: origin, auth: apiKey({ key: 'secret-key' }) });
  const error = await rejection<NetworkError>(api.get(url('plain', redirect(url('plain', 'echo')))));
  expect(error).toMatchObject({ code: 'NETWORK', reason: 'REDIRECT', permanent: true, applied: 'unknown' });
  expect(error.message).toMatch(
    /was redirected, and a browser does not show where; use the URL that it redirects to, or name '\*' in authOrigins \[GET /,
  );
  expect(error.attempts).toHaveLength(1);
  expect(await log()).toHaveLength(1);
});

test('with authOrigins: [*] the browser follows, and takes the key along', async () => {
  const { client, url, elsewhere, origin, log } = page();
  const api = client({ baseUrl: origin, authOrigins: ['*'], auth: apiKey({ key: 'secret-key' }) });
  const to = url('plain', 'echo').replace(origin, elsewhere);
  const response = await api.get(url('plain', redirect(to)));
  expect([response.redirected, response.url]).toEqual([true, to]);
  expect((await log()).map(({ headers }) => headers['x-api-key'])).toEqual(['secret-key', 'secret-key']);
});

test('a bearer token stays with its origin by itself: the browser drops it where the origin changes', async () => {
  const { client, url, elsewhere, origin, log } = page();
  const api = client({ baseUrl: origin, auth: bearerToken({ token: 'secret-token' }) });
  await api.get(url('plain', redirect(url('plain', 'echo').replace(origin, elsewhere))));
  await api.get(url('plain', redirect(url('plain', 'echo'))));
  const sent = (await log()).map(({ headers }) => headers['authorization']);
  expect(sent).toEqual(['Bearer secret-token', undefined, 'Bearer secret-token', 'Bearer secret-token']);
});

test('without credentials a redirect is the browser’s business', async () => {
  const { client, url } = page();
  const response = await client().get(url('plain', redirect(url('plain', 'echo'))));
  expect([response.redirected, response.url]).toEqual([true, url('plain', 'echo')]);
  const shown = await client().fetch(url('plain', redirect(url('plain', 'echo'))), { redirect: 'manual' });
  expect(shown.type).toBe('opaqueredirect');
});
