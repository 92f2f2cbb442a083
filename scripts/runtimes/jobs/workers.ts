import type { Job, World } from '../job.ts';

/** Clients with different parts, each with the incoming requests that it gets, at once or in turn. */
const plan = [
  { name: 'retries', path: 'retries?key=retries&fail=6', times: 6 },
  { name: 'auth', path: 'auth?key=auth&token=t2', times: 6 },
  { name: 'window', path: 'window?key=window', times: 6 },
  { name: 'concurrent', path: 'concurrent?key=concurrent&ms=30', times: 6 },
  { name: 'unread', path: 'unread?key=unread', times: 4 },
  { name: 'limited', path: 'limited?key=limited&fail=1&status=429&retryAfter=1', times: 6 },
  { name: 'cache', path: 'cache?key=cache&etag=v1', times: 3, inTurn: true },
  { name: 'cacheAtOnce', path: 'cache?key=cacheAtOnce&etag=v1', times: 6 },
  { name: 'coalesce', path: 'coalesce?key=coalesce&ms=30', times: 6 },
  { name: 'circuit', path: 'circuit?key=circuit&fail=100', times: 8, inTurn: true },
  { name: 'recovers', path: 'circuit?key=recovers', times: 1, afterMs: 1200 },
  { name: 'timeout', path: 'timeout?key=timeout&ms=2000', times: 3 },
  { name: 'stream', path: 'stream?key=stream&fail=1', times: 3 },
  { name: 'status', path: 'status?key=status&fail=100', times: 3, inTurn: true },
  { name: 'statusLater', path: 'status?key=statusLater&fail=100', times: 2, inTurn: true, afterMs: 1500 },
];

/** Compatibility dates and flags. The last one predates `FinalizationRegistry`, `WeakRef` and fetch's `cache`. */
const settings = [
  ['2026-07-01', ''],
  ['2026-07-01', 'nodejs_compat'],
  ['2024-09-01', ''],
] as const;

type Ended = 'hangs' | { readonly id?: number; readonly code?: string; readonly message?: string };
type Seen = Readonly<Record<string, unknown>>;

export const workers: Job = {
  name: 'workers',
  title: 'Cloudflare Workers',
  packages: { miniflare: '4.20260730.0', esbuild: '0.28.2' },
  shown: ['miniflare'],
  note:
    'workerd, one client at module scope for all incoming requests; compatibility dates 2026-07-01, 2026-07-01 with ' +
    '`nodejs_compat`, and 2024-09-01, each claim with all three',
  async run(world) {
    const seen: Seen[] = [];
    for (const [date, flags] of settings) seen.push(await tryWorker(world, date, flags));
    const claim = (text: string, name: string, expected: unknown): void =>
      world.holds(
        text,
        seen.map((each) => each[name]),
        settings.map(() => expected),
      );
    claim('retries: 6 incoming requests at once, 6 × 503 first; the server sees 12', 'retries', ['6 × 42', 12]);
    claim('`auth` at module scope: 6 at once whose token is refused: refreshed and answered', 'auth', ['6 × 42']);
    claim('`rateLimit: {requests, perMs}`: 6 at once, all answered', 'window', ['6 × 42', 6]);
    claim('`maxConcurrent: 2`: 6 at once, never more than 2 at the server', 'concurrent', ['6 × 42', 6, 2]);
    claim('`maxConcurrent: 1`: 4 at once whose bodies are left unread', 'unread', ['4 × 200', 4]);
    claim('429 with `Retry-After`: 6 at once, all answered; the server sees 7', 'limited', ['6 × 42', 7]);
    claim('`responseCache`: the second and third of 3 in turn send the ETag', 'cache', ['3 × 42', 3, 2]);
    claim('`responseCache`: 6 at once, all answered', 'cacheAtOnce', ['6 × 42']);
    claim('the circuit opens after 5 failures, and closes when the server is healthy', 'circuit', [
      '5 × API_ERROR, 3 × CIRCUIT_OPEN',
      5,
      '1 × 42',
    ]);
    claim('`timeout` ends a slow attempt', 'timeout', ['3 × ATTEMPT_TIMEOUT']);
    claim('`client.fetch`: its Response is returned as the Worker’s own', 'stream', ['3 × 42', 4]);
    claim(
      '`statusPage`: the errors of 3 in turn, and of 2 later, have its incident; the page is read twice',
      'status',
      ['3 × Database failover', '2 × Database failover', 2],
    );
    const alone = '`coalesce` shares nothing between incoming requests: a promise of another one may never settle';
    world.limit(
      alone,
      seen.map((each) => each['coalesce']),
      settings.map(() => ['6 × 42', 6]),
    );
  },
};

/** Sends the plan to one Worker, and returns the result of each line. */
async function tryWorker({ server, command }: World, date: string, flags: string): Promise<Seen> {
  const keyOf = (name: string): string => `${date}-${flags}-${name}`;
  const own = plan.map((each) => ({
    ...each,
    path: each.path.replace(/key=(\w+)/, (_, name) => `key=${keyOf(name)}`),
  }));
  const output = await command(['node', 'run.mjs', server.url, date, flags, JSON.stringify(own)]);
  const ended = JSON.parse(output.slice(output.lastIndexOf('RESULT ') + 7)) as Readonly<Record<string, Ended[]>>;
  const tally = (name: string): string => {
    const words = (ended[name] ?? []).map((one) => (one === 'hangs' ? one : (one.id ?? one.code ?? one.message)));
    return [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} × ${word}`).join(', ');
  };
  const count = (name: string): number => server.count(keyOf(name));
  const conditional = server.requests(keyOf('cache')).filter(({ headers }) => headers['if-none-match'] === '"v1"');
  return {
    retries: [tally('retries'), count('retries')],
    auth: [tally('auth')],
    window: [tally('window'), count('window')],
    concurrent: [tally('concurrent'), count('concurrent'), server.most(keyOf('concurrent'))],
    unread: [tally('unread'), count('unread')],
    limited: [tally('limited'), count('limited')],
    cache: [tally('cache'), count('cache'), conditional.length],
    cacheAtOnce: [tally('cacheAtOnce')],
    coalesce: [tally('coalesce'), count('coalesce')],
    circuit: [tally('circuit'), count('circuit'), tally('recovers')],
    timeout: [tally('timeout')],
    stream: [tally('stream'), count('stream')],
    status: [tally('status'), tally('statusLater'), count('page')],
  };
}
