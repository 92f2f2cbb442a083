// Checks the import rules of ARCHITECTURE.md (which package may import which; time and randomness are read in one place
// only), and a rule of CONTRIBUTING.md: no test in `npm test` measures how long something took.

import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { root } from '../lib/run.ts';
import { nodesIn, parse, type SyntaxNode } from '../lib/syntax.ts';

const core = '@holdfast/core';
const adapters = ['ky', 'rate-limiter', 'circuit-breaker', 'cache', 'telemetry'].map((name) => `@holdfast/${name}`);

/** What the code in each folder may import from outside it. A folder that is missing here may import nothing. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/core': [
    ...['p-retry', 'structured-headers', '#answer-reader', '#code-in-words', '#further-hops', '#node-fetch'],
    '#reference-texts',
  ],
  'packages/ky': [core, 'ky'],
  'packages/rate-limiter': [core, 'bottleneck', '#fleet', '#rate-limiter', '#slots', '#watched-body', 'ioredis'],
  'packages/circuit-breaker': [core, '#circuit-breaker', '#fleet', '#opossum', 'opossum', 'ioredis'],
  'packages/cache': [core, 'http-cache-semantics', '@noble/hashes'],
  'packages/telemetry': [core, '@opentelemetry/api'],
  'packages/testing': [core, 'msw', 'vitest'],
  'packages/dialects': [core],
  'packages/undici': [core, 'undici', 'node:stream', 'node:zlib'],
  'packages/client': [
    core,
    ...adapters,
    'eventsource-parser',
    '#bodies',
    '#coalescer',
    '#platform-limits',
    '#remedies',
  ],
  examples: ['holdfast', core, '@holdfast/testing', 'openai', 'stripe'],
};

/** What tests may import as well: tools, and plain ky, which Holdfast is compared with. */
const tools = ['vitest', 'fast-check', 'msw', 'zod', 'valibot', 'ky'];

/**
 * Further packages that tests need: the client and the dialects for the test kit, the stores for the cache, SDKs for
 * `client.fetch`, a bundler for the tests in pages.
 */
const testedWith: Readonly<Record<string, readonly string[]>> = {
  'packages/client': [
    ...['openai', 'stripe', 'openapi-fetch', '@octokit/core', '@modelcontextprotocol/sdk'],
    ...['@trpc/client', '@trpc/server', 'rolldown'],
  ],
  'packages/dialects': ['holdfast'],
  'packages/testing': ['holdfast', '@holdfast/dialects'],
  'packages/undici': ['holdfast', 'selfsigned'],
  'packages/cache': ['keyv', '@keyv/redis'],
};

/**
 * These may be named only in files that end in `clock.ts`. All other files use the `clock` or the `random` that they are
 * given.
 */
const banned = [
  ...['setTimeout', 'setInterval', 'AbortSignal.timeout'],
  ...['Date.now', 'new Date()', 'performance.now', 'Math.random'],
];

/** What a test could use to assert a duration, a rate, a load or a size. */
const bannedInTests = [
  ...['Date.now', 'performance.now', 'process.hrtime', 'process.cpuUsage', 'process.memoryUsage'],
  ...['performance.eventLoopUtilization', 'monitorEventLoopDelay'],
];

/** Test files that may read a clock: to end a hang, to date a certificate or a token, or to measure in `test:long`. */
const readsClock: ReadonlySet<string> = new Set([
  'packages/circuit-breaker/test/support/fleet.ts',
  'packages/client/test/support/idle.child.ts',
  'packages/client/test/support/scripted.ts',
  'packages/rate-limiter/test/support/redis-api.ts',
  'packages/rate-limiter/test/support/redis-fleet.ts',
  'packages/rate-limiter/test/support/redis-process.ts',
  'packages/undici/test/support/tls.ts',
]);

/** This test counts the work of every parser, exported or not, so it imports files of several packages. */
const acrossPackages: ReadonlySet<string> = new Set(['packages/client/test/linear-growth.long.test.ts']);

const problems = globSync(['packages/*/{src,test}/**/*.ts', 'examples/*/**/*.ts'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
})
  .sort()
  .flatMap(problemsOf);
console.log(problems.join('\n'));
if (problems.length > 0) process.exitCode = 1;

function problemsOf(file: string): readonly string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const isShipped = /^packages\/[^/]+\/src\//.test(file) && !/\.(test|test-d|test-support|vectors)\.ts$/.test(file);
  return [...nodesIn(parse(file, source).statements)].flatMap((node) => {
    const line = (): number => source.slice(0, node.start).split('\n').length;
    const target = importOf(node);
    if (target !== undefined && !mayImport(file, target, isShipped) && !acrossPackages.has(file))
      return `${file}:${line()}: may not import ${target}`;
    const name = usedName(node);
    if (isTest(file) && bannedInTests.includes(name) && !readsClock.has(file))
      return `${file}:${line()}: may not use ${name}; a test asserts no time that passes, see CONTRIBUTING.md`;
    if (!isShipped || file.endsWith('clock.ts') || !banned.includes(name)) return [];
    return `${file}:${line()}: may not use ${name}; take the clock, or the random, that is given`;
  });
}

/** True for the packages' test files that `npm test` runs. */
function isTest(file: string): boolean {
  return /^packages\/[^/]+\/test\/|\.test\.ts$/.test(file) && !/\.long(\.redis)?\.test\.ts$/.test(file);
}

/** The nodes that have a source: imports, exports from elsewhere, `import()` in code and in types. */
function importOf(node: SyntaxNode): string | undefined {
  const source = node['source'] as { readonly value?: unknown } | null | undefined;
  return typeof source?.value === 'string' ? source.value : undefined;
}

function mayImport(file: string, target: string, isShipped: boolean): boolean {
  const folder = file.split('/', file.startsWith('packages/') ? 2 : 1).join('/');
  if (target.startsWith('.')) {
    const path = join(file, '..', target);
    return !relative(folder, path).startsWith('..') || (!isShipped && path.startsWith('test/'));
  }
  if (isBuiltin(target)) return !isShipped || Boolean(allowed[folder]?.includes(target));
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  const itself = folder === 'packages/client' ? 'holdfast' : folder.replace('packages', '@holdfast');
  return (
    Boolean(allowed[folder]?.includes(name)) ||
    (!isShipped && [...tools, itself, ...(testedWith[folder] ?? [])].includes(name))
  );
}

/** The name of a variable, `object.property`, or `new Name()` for a constructor that is called without arguments. */
function usedName(node: SyntaxNode): string {
  const nameIn = (key: string): string => (node[key] as { readonly name?: string }).name ?? '';
  if (node.type === 'MemberExpression') return `${nameIn('object')}.${nameIn('property')}`;
  if (node.type === 'NewExpression') return `new ${nameIn('callee')}(${(node['arguments'] as unknown[]).join()})`;
  return node.type === 'Identifier' ? String(node['name']) : '';
}
