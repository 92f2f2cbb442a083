import { closedPort } from '../../../test/closed-port.ts';
import type { Job, World } from '../job.ts';

type Seen = Readonly<Record<string, unknown>>;

export const electron: Job = {
  name: 'electron',
  title: 'Electron',
  packages: {},
  shown: ['emulated on Node 24.21.0'],
  note: 'not Electron itself: the documented differences of its fetch; the main process with `fetch: net.fetch`, and a window',
  async run(world) {
    const main = await run(world, 'main');
    const window = await run(world, 'renderer');
    const both = (claim: string, name: string, expected: unknown): void =>
      world.holds(claim, [main[name], window[name]], [expected, expected]);
    both('503, 503, 200; the server sees 3', 'retries', [42, 3]);
    both('429 with `Retry-After`; the server sees 2', 'limited', [42, 2]);
    both('a body that breaks is `NETWORK`', 'broken', 'NETWORK');
    both('`timeout`', 'timeout', 'ATTEMPT_TIMEOUT');
    both('`auth`: three refused tokens, one refresh', 'auth', [[42, 42, 42], 6]);
    both('redirects of a GET, of a POST (303), and with a bearer token', 'redirects', [42, 'GET', 42]);
    both('with an `apiKey` in a header of its own and `authOrigins: ["*"]`, redirects too', 'keyAnywhere', 42);
    world.holds(
      'main process: a refused connection is recognised (`net::ERR_…`), and a GET is retried',
      main['refusedGet'],
      { code: 'NETWORK', reason: 'ECONNREFUSED', applied: 'unknown', attempts: 3 },
    );
    const unknown = { code: 'NETWORK', applied: 'unknown', attempts: 1 };
    world.limit(
      'a refused POST is not retried: it may have been refused after a redirect that does not show',
      [main['refusedPost'], window['refusedPost']],
      [{ ...unknown, reason: 'ECONNREFUSED' }, unknown],
    );
    world.limit(
      'an `apiKey` in a header of its own is not taken through a redirect: the call fails (`Redirect was cancelled`, `REDIRECT`)',
      [main['keyRedirected'], window['keyRedirected']],
      ['Redirect was cancelled', 'NETWORK'],
    );
  },
};

async function run({ command, server }: World, which: 'main' | 'renderer'): Promise<Seen> {
  const program = ['node', '--import', './emulated.mjs', 'electron.mjs'];
  const output = await command([...program, server.url, String(await closedPort()), which]);
  const seen = JSON.parse(output.slice(output.lastIndexOf('RESULT ') + 7)) as Seen;
  const count = (name: string): number => server.count(`${which}-${name}`);
  return {
    ...seen,
    retries: [seen['retries'], count('retries')],
    limited: [seen['limited'], count('limited')],
    auth: [seen['auth'], count('auth')],
    redirects: [seen['redirect'], seen['redirectedPost'], seen['tokenRedirected']],
    keyRedirected: (seen['keyRedirected'] as { readonly code?: string }).code,
  };
}
