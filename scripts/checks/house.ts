// Checks that the packages' source has the structure that ARCHITECTURE.md describes: no circle between files or folders,
// a kernel that imports nothing, short files, few public names, and each vendor named in one place.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentedProblems } from '../lib/documented-files.ts';
import { circlesIn, fileGraph, folderGraph, readSources, type SourceFile } from '../lib/import-graph.ts';
import { root } from '../lib/run.ts';

/** The most lines that a source file may have. */
const mostLines = 260;
/** The most names that core may export: what users and authors of strategies need. The rest is internal. */
const mostNamesOfCore = 80;

/** Which files may name a vendor: one in each package, and one more where pages use another build of the vendor. */
const vendors: Readonly<Record<string, readonly string[]>> = {
  ky: ['packages/ky/src/kys-own.ts'],
  'p-retry': ['packages/core/src/retry/retry-loop.ts'],
  'structured-headers': ['packages/core/src/server-timing/rate-limit-fields.ts'],
  // The first file uses Bottleneck without Redis; the second uses the whole of it, and only a fleet loads it.
  bottleneck: ['packages/rate-limiter/src/limits/fast-bottleneck.ts', 'packages/rate-limiter/src/fleet/redis.ts'],
  opossum: [
    'packages/circuit-breaker/src/window/opossum.ts',
    'packages/circuit-breaker/src/window/opossum-for-pages.ts',
  ],
  'http-cache-semantics': ['packages/cache/src/rules/policy.ts'],
  ioredis: ['packages/rate-limiter/src/fleet/ioredis.ts', 'packages/circuit-breaker/src/fleet/redis.ts'],
  'eventsource-parser': ['packages/client/src/streams/event-format.ts'],
  undici: ['packages/undici/src/undicis-own.ts'],
  '@noble/hashes': ['packages/cache/src/store/key.ts'],
};

/** Files that may stand directly in `src`, for packages that have folders. */
const atRoot: Readonly<Record<string, readonly string[]>> = {
  core: ['index.ts', 'internal.ts', 'first-load.ts', 'late.ts'],
  'rate-limiter': ['index.ts'],
  'circuit-breaker': ['index.ts'],
  cache: ['index.ts'],
  client: ['index.ts', 'parts.ts', 'features.ts', 'strategy-order.ts'],
};

/** Files that may name a feature whose rings get their place in `build.ts`, and which `explain()` asks. */
const besidesItsFile: readonly string[] = [
  'features.ts',
  'client/build.ts',
  'explain/before-sending.ts',
  // The names of options in other libraries.
  'options/remedies.ts',
].map((name) => `packages/client/src/${name}`);

interface FeatureNaming {
  readonly folder: string;
  /** Only files in this folder are looked at. @defaultValue all */
  readonly within?: string;
  readonly name: RegExp;
  readonly namedIn: readonly string[];
}

/** Features that declare everything in their own folder or file, and the only other files that may name them. */
const features: readonly FeatureNaming[] = [
  {
    folder: 'packages/client/src/status-page/',
    name: /status-?page/i,
    // The table of features, and the entry that exports the types of the feature's options.
    namedIn: ['packages/client/src/features.ts', 'packages/client/src/index.ts'],
  },
  {
    folder: 'packages/client/src/features/fallbacks.ts',
    within: 'packages/client/src/',
    name: /\bfallbacks\b/,
    // The two lists as well as the entry.
    namedIn: ['features.ts', 'strategy-order.ts', 'index.ts'].map((name) => `packages/client/src/${name}`),
  },
  ...[['circuits', /\bcircuitBreaker\b/] as const, ['limits', /\brateLimit\b/] as const].map(([file, name]) => ({
    folder: `packages/client/src/features/${file}.ts`,
    within: 'packages/client/',
    name,
    namedIn: besidesItsFile,
  })),
];

const sources = readSources();
const problems = [
  ...circlesIn(fileGraph(sources)).map((circle) => `these files import one another: ${circle.join(', ')}`),
  ...[...new Set(sources.map((source) => source.package))].flatMap(folderProblems),
  ...sources.flatMap(fileProblems),
  ...documentedProblems(),
  ...namesOfCore(),
];
console.log(problems.join('\n'));
if (problems.length > 0) process.exitCode = 1;

function namesOfCore(): readonly string[] {
  const report = 'docs/api/core.d.ts.txt';
  const names = readFileSync(join(root, report), 'utf8').match(/^export /gm)?.length ?? 0;
  return names > mostNamesOfCore
    ? [
        `${report}: core exports ${names} names, and may export ${mostNamesOfCore}; export what siblings need from internal.ts`,
      ]
    : [];
}

function folderProblems(name: string): readonly string[] {
  const own = sources.filter((source) => source.package === name);
  return circlesIn(folderGraph(own)).map(
    (circle) => `packages/${name}/src: these folders import one another: ${circle.join(', ')}`,
  );
}

function fileProblems(file: SourceFile): readonly string[] {
  const { path, folder, lines, inner, outer } = file;
  const text = readFileSync(join(root, path), 'utf8');
  const name = path.slice(path.lastIndexOf('/') + 1);
  const allowedAtRoot = atRoot[file.package];
  return [
    ...(lines > mostLines ? [`${path}: has ${lines} lines, and may have ${mostLines}; split it by what it does`] : []),
    ...(folder === 'kernel' && [...inner, ...outer].some((target) => !target.includes('/kernel/'))
      ? [`${path}: the kernel imports nothing; let the feature declare what it needs in its own folder`]
      : []),
    ...(folder === '' && allowedAtRoot && !allowedAtRoot.includes(name)
      ? [`${path}: belongs in a folder, named by what it does`]
      : []),
    ...features
      .filter(
        ({ folder: own, within = '', name: named, namedIn }) =>
          path.startsWith(within) && !path.startsWith(own) && !namedIn.includes(path) && named.test(text),
      )
      .map(
        ({ folder: own, namedIn }) => `${path}: names the feature of ${own}, which only ${namedIn.join(' and ')} may`,
      ),
    ...outer.flatMap((target) => {
      const vendor = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
      const places = vendors[vendor];
      return places && !places.includes(path) ? [`${path}: names ${vendor}, which ${places.join(' and ')} may`] : [];
    }),
  ];
}
