import { inspect } from 'node:util';
import { scriptedTransport } from '@holdfast/core/testing';
import type { ApiError } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

/** Clears the screen, sets the title, overwrites the line, and reverses the text that follows. */
const evil = '\u001b[2J\u001b]0;owned\u0007\u009b31m\rsafe\u202e';
const isHarmless = (text: string): boolean => ![...text].some((one) => one !== '\n' && /[\p{Cc}\u202e]/u.test(one));

test('what a server, its status page or a cause says controls no terminal', async () => {
  const page = {
    page: { url: 'https://status.example.com/', name: evil },
    status: { indicator: 'major', description: `${evil} down` },
    incidents: [{ name: `${evil} outage`, status: evil, impact: evil, shortlink: `https://x.example/${evil}` }],
  };
  const body = {
    error: { code: `c${evil}`, message: `m${evil}`, param: evil, request_id: evil },
    errors: [{ path: `/a${evil}`, message: `i${evil}` }],
  };
  const statusPage = {
    url: 'https://status.example.com/',
    fetch: scriptedTransport([() => Response.json(page)]) as unknown as typeof fetch,
  };
  const { api, clock, log } = scripted([() => Response.json(body, { status: 500 })], { retry: 0, statusPage });
  const error = await clock.run(rejection<ApiError>(api.get('x')));
  await clock.advance(0);
  expect(error.incident?.title).toContain('outage');
  for (const text of [
    ...[error.message, inspect(error), error.supportReport(), ...error.timeline, ...error.guide.remedies],
    ...[JSON.stringify(error.incident), JSON.stringify(api.snapshot().statusPage), ...log.lines],
  ]) {
    expect(isHarmless(text), JSON.stringify(text)).toBe(true);
    expect(text).not.toContain('\\u001b');
  }
});
