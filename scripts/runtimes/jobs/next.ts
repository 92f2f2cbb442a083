import { findChromium } from '../../lib/machine.ts';
import type { Job } from '../job.ts';

/** @param isMemoisedAtTheEdge In the edge runtime, this version answers a retry with the first attempt's answer. */
const ofNext = (isMemoisedAtTheEdge: boolean): Omit<Job, 'name' | 'title' | 'packages'> => ({
  shown: ['next', 'react'],
  fixtures: 'next',
  note: 'a production build, `next start`; the client at module scope',
  async run({ server, command, holds, limit }) {
    const env = { NEXT_TELEMETRY_DISABLED: '1', SERVER: server.url };
    await command(['node_modules/.bin/next', 'build'], { env });
    const pages = [
      '/',
      '/memoised',
      '/own-fetch',
      '/no-store',
      '/revalidate',
      '/edge-page',
      '/handler',
      '/edge-handler',
    ];
    const paths = [...pages.map((path) => `GET ${path}`), 'POST /handler', 'BROWSE /client'];
    const output = await command(['node', 'serve.mjs', findChromium() ?? '', ...paths], { env });
    const said = JSON.parse(output.slice(output.lastIndexOf('RESULT ') + 7)) as Readonly<Record<string, string>>;
    const claim = (text: string, path: string, key: string, expected: readonly [string, number]): void =>
      holds(text, [said[path], server.count(key)], expected);
    claim('server component: 503, 503, 200; the server sees 3', 'GET /', 'page', ['id 42', 3]);
    claim('the same with a `fetch` of one’s own', 'GET /own-fetch', 'own-fetch', ['id 42', 3]);
    claim('the same with `cache: "no-store"`', 'GET /no-store', 'no-store', ['id 42', 3]);
    if (isMemoisedAtTheEdge) {
      limit(
        'a server component on the edge runtime: equal GETs are memoised there, retries too, and the server sees 1',
        [said['GET /edge-page'], server.count('edge-page')],
        ['ServiceUnavailableError after 3 attempts', 1],
      );
    } else claim('the same on the edge runtime', 'GET /edge-page', 'edge-page', ['id 42', 3]);
    claim('two components that fetch the same URL: sent once, as without Holdfast', 'GET /memoised', 'memoised', [
      'id 42  id 42',
      1,
    ]);
    claim('route handler: GET, retried', 'GET /handler', 'handler', ['id 42', 3]);
    claim('route handler: POST with an idempotency key, retried', 'POST /handler', 'post', ['id 42', 3]);
    claim('route handler on the edge runtime', 'GET /edge-handler', 'edge-handler', ['id 42', 3]);
    claim('client component in Chromium', 'BROWSE /client', 'client', ['id 42', 3]);
    const before = server.count('revalidate');
    await command(['node', 'serve.mjs', '', 'GET /revalidate'], { env });
    holds(
      '`next: {revalidate}`: 503, 200, and the 200 is in Next’s data cache for the next render',
      [said['GET /revalidate'], before, server.count('revalidate')],
      ['id 42', 2, 2],
    );
  },
});

export const next: Job = {
  name: 'next',
  title: 'Next.js, app router',
  packages: { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' },
  ...ofNext(false),
};

export const next15: Job = {
  name: 'next-15',
  title: 'Next.js 15, app router',
  packages: { next: '15.5.29', react: '19.3.1', 'react-dom': '19.3.1' },
  ...ofNext(true),
};
