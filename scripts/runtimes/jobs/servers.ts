import { closedPort } from '../../../test/closed-port.ts';
import type { Job, World } from '../job.ts';

/** Runtimes other than Node, which run the same program. */
export const bun: Job = {
  name: 'bun',
  title: 'Bun',
  packages: { bun: '1.4.5' },
  run: (world) => probe(world, ['node_modules/.bin/bun', 'probe.mjs']),
};

export const deno: Job = {
  name: 'deno',
  title: 'Deno',
  packages: { deno: '2.9.6' },
  run: (world) => probe(world, ['node_modules/.bin/deno', 'run', '-A', '--node-modules-dir=manual', 'probe.mjs']),
};

/** The same program on Node, for comparison. */
export const node: Job = {
  name: 'node',
  title: 'Node',
  packages: {},
  shown: ['24.21.0 (22 and 26 in the check `smoke`)'],
  run: (world) => probe(world, ['node', 'probe.mjs']),
};

async function probe({ command, server, holds }: World, program: readonly string[]): Promise<void> {
  const output = await command([...program, server.url, String(await closedPort())]);
  const seen = JSON.parse(output.slice(output.lastIndexOf('RESULT ') + 7)) as Readonly<Record<string, unknown>>;
  holds('503, 503, 200; the server sees 3', [seen['retries'], server.count('retries')], [42, 3]);
  const refused = { code: 'NETWORK', reason: 'ECONNREFUSED', applied: 'no', attempts: 3 };
  holds(
    'a refused connection is recognised (`reason`, `applied: "no"`), and a refused POST is retried',
    seen['refused'],
    refused,
  );
  const broken = ['NETWORK', true];
  holds('a body that breaks is `NETWORK` with a reason, by `.json()` and by `client.fetch`', seen['broken'], [
    broken,
    broken,
  ]);
  holds('429 with `Retry-After`; the server sees 2', [seen['rateLimited'], server.count('limited')], [42, 2]);
  holds('`auth`: three refused tokens, one refresh', [seen['auth'], server.count('auth')], [[42, 42, 42], 6]);
  const conditional = server.requests('cache').filter(({ headers }) => headers['if-none-match'] === '"v1"');
  holds('`responseCache` sends the ETag', conditional.length, 2);
  holds('`timeout`', seen['timeout'], 'ATTEMPT_TIMEOUT');
  const ways = ['json', 'newResponse', 'forAwait', 'reader', 'cancel', 'unread', 'next'];
  const all = Object.fromEntries(ways.map((way) => [way, 42]));
  holds(
    '`new Response(body)`, `for await`, a reader, `cancel()` and a body that is left unread give the permit back',
    seen['permits'],
    all,
  );
}
