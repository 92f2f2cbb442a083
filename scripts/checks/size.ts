// Measures how much a page has to load for each package: bundled for browsers, minified and gzipped by size-limit, once
// for the first load and once with every part that is loaded on demand. No bundle may exceed its limit or contain code
// for Node or Redis, and no module of the first load may import an entry that is for later parts. docs/browsers.md lists the limits (`--update`).

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// @ts-expect-error The package has no types.
import preset from '@size-limit/preset-small-lib';
import sizeLimit from 'size-limit';
import { root } from '../lib/run.ts';

/** What a page imports, and how many kB (1000 bytes) that may be. */
interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly imports: string;
  /** The limit of the first load. */
  readonly limitKb: number;
  /** The limit with all parts that are loaded on demand, if there are any. */
  readonly allKb?: number;
}

const bundles: readonly Bundle[] = [
  { name: 'holdfast', file: 'client/dist/index.js', imports: '{ createResilientClient }', limitKb: 82, allKb: 180 },
  {
    name: 'holdfast/parts',
    file: 'client/dist/parts.js',
    imports: '{ createClient, retries, deadlines }',
    limitKb: 59,
    allKb: 87,
  },
  { name: '@holdfast/core', file: 'core/dist/index.js', imports: '*', limitKb: 57, allKb: 64 },
  {
    name: '@holdfast/core',
    file: 'core/dist/index.js',
    imports: '{ compose, retryRing, attemptTimeout, fetchTransport }',
    limitKb: 26,
    allKb: 54,
  },
  { name: '@holdfast/core', file: 'core/dist/index.js', imports: '{ isApiError }', limitKb: 5, allKb: 10 },
  {
    name: '@holdfast/core',
    file: 'core/dist/index.js',
    imports: '{ decide, retry, defaultLevels }',
    limitKb: 14,
    allKb: 39,
  },
  { name: '@holdfast/core', file: 'core/dist/index.js', imports: '{ parseServerTiming }', limitKb: 7 },
  { name: '@holdfast/ky', file: 'ky/dist/index.js', imports: '{ createKy }', limitKb: 24, allKb: 29 },
  {
    name: '@holdfast/circuit-breaker',
    file: 'circuit-breaker/dist/index.js',
    imports: '{ circuitBreaker }',
    limitKb: 14,
    allKb: 55,
  },
  {
    name: '@holdfast/rate-limiter',
    file: 'rate-limiter/dist/index.js',
    imports: '{ rateLimiter }',
    limitKb: 13,
    allKb: 71,
  },
  { name: '@holdfast/cache', file: 'cache/dist/index.js', imports: '{ responseCache }', limitKb: 32, allKb: 57 },
  { name: '@holdfast/testing/chaos', file: 'testing/dist/chaos.js', imports: '{ chaos }', limitKb: 9, allKb: 14 },
];

/** The modules that a bundle may contain. Anything else would be one more module that each page loads. */
const mayContain = [
  /^packages\/[a-z-]+\/dist\//,
  /\/node_modules\/(ky|p-retry|is-network-error|structured-headers|http-cache-semantics|eventsource-parser)\//,
  /\/node_modules\/@noble\/hashes\/(sha2|utils|_md|_u64)\.js$/,
  /\/node_modules\/(opossum\/dist\/opossum\.min|bottleneck\/light)\.js$/,
  /^\0rolldown\/runtime\.js$/,
];

/** With such an entry esbuild loads whatever it exports, if a module of the first load imports it. */
const forLaterParts = /^packages\/core\/dist\/(?:index|late)\.js$/;

/** What rolldown's hooks offer. */
interface Bundler {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

interface Chunk {
  readonly isEntry?: boolean;
  readonly code?: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly modules?: Readonly<Record<string, { readonly renderedLength: number }>>;
}

for (const { name, file, imports, limitKb, allKb = limitKb } of bundles) {
  const intruders = new Set<string>();
  let files = 0;
  const inspector = {
    name: 'inspector',
    generateBundle(this: Bundler, _options: unknown, output: Readonly<Record<string, Chunk>>) {
      for (const each of Object.values(output).flatMap((chunk) => intrudersIn(chunk, output))) intruders.add(each);
      const first = firstLoad(output);
      files = first.length;
      if (allKb > limitKb && file.startsWith('client/')) {
        for (const each of entriesTooEarly(first, this)) intruders.add(each);
      }
    },
  };
  const check = {
    files: [],
    import: { [join(root, 'packages', file)]: imports },
    gzip: true,
    modifyRolldownConfig: (config: object) => ({ ...config, cwd: root, plugins: [inspector] }),
  };
  const atFirst = await sizeOf({ ...check, entry: ['index'] });
  const all = await sizeOf(check);
  const isTooLarge = !(atFirst <= limitKb * 1000 && all <= allKb * 1000);
  const later = allKb === limitKb ? '' : `, with all parts ${kb(all)} of ${allKb}`;
  const cut = files > 1 ? ` in ${files} files` : '';
  console.log(
    `${kb(atFirst).padStart(5)} kB of ${limitKb}${cut}${later}  ${name} ${imports}${isTooLarge ? ': too large' : ''}`,
  );
  for (const each of intruders) console.log(`  no page may load ${each}`);
  if (isTooLarge || intruders.size > 0) process.exitCode = 1;
}

const page = join(root, 'docs/browsers.md');
const text = readFileSync(page, 'utf8');
const rows = bundles.map(
  ({ name, imports, limitKb, allKb }) =>
    `| \`${name}\` | \`${imports}\` | ${limitKb} kB | ${allKb === undefined ? '' : `${allKb} kB`} |`,
);
const table = ['| package | what is imported | at first | with every part |', '|---|---|---|---|', ...rows].join('\n');
const updated = text.replace(/\| package \| what is imported [\s\S]*?(?=\n\n)/, table);
if (process.argv.includes('--update')) writeFileSync(page, updated);
else if (!text.includes(table)) {
  console.log('docs/browsers.md has other limits. If they were meant to change: npm test -- size --update');
  process.exitCode = 1;
}

async function sizeOf(check: object): Promise<number> {
  const results = (await sizeLimit([preset], { checks: [check] })) as readonly { readonly size?: number }[];
  return results[0]?.size ?? Number.NaN;
}

function kb(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

/** The files that are loaded with the entry. */
function firstLoad(output: Readonly<Record<string, Chunk>>): readonly Chunk[] {
  const first = new Set(Object.values(output).filter(({ isEntry }) => isEntry));
  // A set's loop goes on with what is added meanwhile.
  for (const { imports = [] } of first) {
    for (const name of imports) if (output[name]) first.add(output[name]);
  }
  return [...first];
}

/** Imports of entries for later parts by modules of the first load. */
function entriesTooEarly(first: readonly Chunk[], bundler: Bundler): readonly string[] {
  return first.flatMap(({ modules = {} }) =>
    Object.keys(modules).flatMap((id) =>
      (bundler.getModuleInfo(id)?.importedIds ?? [])
        .map((imported) => imported.replace(`${root}/`, ''))
        .filter((imported) => forLaterParts.test(imported))
        .map((imported) => `${imported}, which ${id.replace(`${root}/`, '')} imports`),
    ),
  );
}

/** Modules in a chunk, and imports left in it, that a page must not get. */
function intrudersIn({ code = '', modules = {}, ...chunk }: Chunk, output: object): readonly string[] {
  const paths = Object.entries(modules)
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([id]) => id.replace(`${root}/`, ''));
  const outside = [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])].filter((id) => !(id in output));
  const made = /\beval\(|\bnew Function\(/.exec(code);
  return [
    ...paths.filter((path) => !/^\/.*size-limit-/.test(path) && !mayContain.some((allowed) => allowed.test(path))),
    ...outside,
    ...(made ? [`code made from strings: ${code.slice(Math.max(0, made.index - 40), made.index + 40)}`] : []),
  ];
}
