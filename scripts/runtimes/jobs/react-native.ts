import { closedPort } from '../../../test/closed-port.ts';
import type { Job } from '../job.ts';

export const reactNative: Job = {
  name: 'react-native',
  title: 'React Native',
  packages: { 'whatwg-fetch': '3.6.20', esbuild: '0.28.2' },
  shown: ['emulated on Node 24.21.0', 'whatwg-fetch'],
  note:
    'not React Native itself: its fetch (the package whatwg-fetch over an XMLHttpRequest), without streams, ' +
    '`AbortSignal.timeout`, `AbortSignal.any`, `URL.canParse` and `crypto`; bundled for its condition',
  async run({ command, server, holds, limit }) {
    const output = await command(['node', 'run.mjs', server.url, String(await closedPort())]);
    const seen = JSON.parse(output.slice(output.lastIndexOf('RESULT ') + 7)) as Readonly<Record<string, unknown>>;
    const all = (name: string): unknown => [seen[name], server.count(name)];
    holds('503, 503, 200; the server sees 3', all('retries'), [42, 3]);
    holds('`client.fetch`: 503, 200', all('fetch'), [42, 2]);
    holds('POST: 429, 200', all('post'), [42, 2]);
    holds('429 with `Retry-After`; the server sees 2', all('limited'), [42, 2]);
    holds(
      'an error status is an `ApiError` with what the API says',
      [seen['status'], seen['data']],
      [{ code: 'API_ERROR', applied: 'unknown', attempts: 1 }, 'not now'],
    );
    const unheard = { code: 'NETWORK', applied: 'unknown', attempts: 2 };
    holds('a refused connection is `NETWORK`, and a GET is retried', seen['refused'], unheard);
    holds(
      '`timeout`, and the caller’s abort',
      [seen['timeout'], seen['abort']],
      [{ code: 'ATTEMPT_TIMEOUT', applied: 'unknown', attempts: 1 }, true],
    );
    holds('`auth`: three refused tokens, one refresh', all('auth'), [[42, 42, 42], 6]);
    holds('`maxConcurrent: 1`, three in turn', all('permits'), [[42, 42, 42], 3]);
    holds('`.text()` of a response, `.blob()`', [seen['text'], seen['blob']], [42, true]);
    const conditional = server.requests('cache').filter(({ headers }) => headers['if-none-match'] !== undefined);
    limit(
      '`responseCache` keeps nothing: a body is no stream there; calls are answered',
      [seen['cache'], conditional.length],
      [[42, 42, 42], 0],
    );
    limit('`events()` and `lines()` fail with `INVALID_BODY`, and say why', seen['events'], {
      code: 'INVALID_BODY',
      applied: 'yes',
      attempts: 1,
    });
  },
};
