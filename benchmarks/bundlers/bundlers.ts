import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The first file of each page. */
const entries: Readonly<Record<string, string>> = {
  holdfast: "import { createResilientClient } from 'holdfast';\nglobalThis.api = createResilientClient();\n",
  'holdfast/parts':
    "import { createClient, deadlines, retries } from 'holdfast/parts';\nglobalThis.api = createClient([retries, deadlines]);\n",
};

/** Bundles an entry into an empty folder, minified; returns the warnings. */
type Bundler = (entry: string, folder: string, splits: boolean) => Promise<readonly string[]>;

export interface FirstLoad {
  readonly bundler: string;
  readonly entry: string;
  readonly splits: boolean;
  /** Gzipped bytes of the first load, and of all files. */
  readonly firstBytes: number;
  readonly allBytes: number;
  readonly firstFiles: number;
  readonly warnings: readonly string[];
}

/** Measures what pages load at first, with the most used bundlers. */
export async function measureBundlers(): Promise<readonly FirstLoad[]> {
  const cache = join(import.meta.dirname, '../node_modules/.cache/bundlers');
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const results: FirstLoad[] = [];
  for (const [index, [name, code]] of Object.entries(entries).entries()) {
    const entry = join(cache, `entry-${index}.js`);
    writeFileSync(entry, code);
    for (const [bundler, bundle] of Object.entries(bundlers)) {
      for (const splits of [true, false]) {
        const folder = join(cache, `${index}-${bundler}-${splits}`);
        mkdirSync(folder);
        const warnings = await bundle(entry, folder, splits);
        results.push({ bundler, entry: name, splits, ...sizesIn(folder), warnings });
      }
    }
  }
  return results;
}

const bundlers: Readonly<Record<string, Bundler>> = {
  async Vite(entry, folder, splits) {
    const { build } = await import('vite');
    const warnings: string[] = [];
    await build({
      ...{ configFile: false, root: join(folder, '..'), logLevel: 'silent' },
      build: {
        ...{ outDir: folder, emptyOutDir: false, modulePreload: false, target: 'es2023' },
        rollupOptions: {
          ...{ input: entry, onwarn: ({ message }: { message: string }) => void warnings.push(message) },
          output: { entryFileNames: 'entry.js', ...(splits ? {} : { codeSplitting: false }) },
        },
      },
    });
    return warnings;
  },
  async Rollup(entry, folder, splits) {
    const [{ rollup }, { nodeResolve }, { default: commonjs }, { transform }] = await Promise.all([
      import('rollup'),
      import('@rollup/plugin-node-resolve'),
      import('@rollup/plugin-commonjs'),
      import('esbuild'),
    ]);
    const warnings: string[] = [];
    const bundle = await rollup({
      input: entry,
      plugins: [nodeResolve({ browser: true }), (commonjs as unknown as () => never)()],
      onwarn: ({ message }) => void warnings.push(message),
    });
    const plugins = [
      {
        name: 'minify',
        renderChunk: async (code: string) => (await transform(code, { minify: true, target: 'es2023' })).code,
      },
    ];
    const dir = { dir: folder, entryFileNames: 'entry.js', plugins };
    await bundle.write({ ...dir, format: 'es', inlineDynamicImports: !splits });
    await bundle.close();
    return warnings;
  },
  async esbuild(entry, folder, splits) {
    const { build } = await import('esbuild');
    const { warnings } = await build({
      ...{ entryPoints: { entry }, outdir: folder, bundle: true, minify: true, format: 'esm', logLevel: 'silent' },
      ...{ splitting: splits, platform: 'browser', target: 'es2023' },
    });
    return warnings.map(({ text }) => text);
  },
  async webpack(entry, folder, splits) {
    const { default: webpack } = await import('webpack');
    return packed(webpack as never, webpack.optimize.LimitChunkCountPlugin as never, { entry, folder, splits });
  },
  async Rspack(entry, folder, splits) {
    const { rspack } = await import('@rspack/core');
    const { LimitChunkCountPlugin } = rspack.optimize;
    return packed(rspack as never, LimitChunkCountPlugin as never, { entry, folder, splits });
  },
};

type Pack = (config: object, done: (error: Error | null, stats: Stats) => void) => void;

interface Stats {
  toJson(options: object): {
    readonly warnings: readonly { readonly message: string }[];
    readonly errors: readonly { readonly message: string }[];
  };
}

/** webpack, or Rspack, which takes the same configuration. */
function packed(
  pack: Pack,
  OneChunk: new (options: object) => object,
  { entry, folder, splits }: { readonly entry: string; readonly folder: string; readonly splits: boolean },
): Promise<readonly string[]> {
  const config = {
    ...{ mode: 'production', target: ['web', 'es2022'], entry: { entry } },
    output: { path: folder, filename: 'entry.js', chunkFilename: '[id].js' },
    performance: { hints: false },
    plugins: splits ? [] : [new OneChunk({ maxChunks: 1 })],
  };
  return new Promise((resolve, reject) => {
    pack(config, (error, stats) => {
      if (error) return reject(error);
      const { warnings, errors } = stats.toJson({ warnings: true, errors: true });
      if (errors[0]) return reject(new Error(errors[0].message));
      resolve(warnings.map(({ message }) => message));
    });
  });
}

/** Sizes of all files, and of the entry with its static imports. */
function sizesIn(folder: string): Pick<FirstLoad, 'firstBytes' | 'allBytes' | 'firstFiles'> {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((file) => file.endsWith('.js'));
  const first = new Set<string>();
  const visit = (file: string): void => {
    if (first.has(file)) return;
    first.add(file);
    const code = readFileSync(join(folder, file), 'utf8');
    for (const [, name] of code.matchAll(/(?:\bfrom|\bimport)\s*["']\.{1,2}\/([^"']+)["']/g)) {
      const imported = files.find((one) => one.endsWith(name ?? ''));
      if (imported !== undefined) visit(imported);
    }
  };
  visit('entry.js');
  const bytes = (list: Iterable<string>): number =>
    [...list].reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file)), { level: 9 }).length, 0);
  return { firstBytes: bytes(first), allBytes: bytes(files), firstFiles: first.size };
}
