// Bundles each package for Node, where each loaded module costs start-up time: one file for each entry, and one for each
// part that is loaded on demand. Other packages stay external. Bundlers for pages get the modules that `tsc -b` writes,
// because they drop unused code module by module.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { readPackages } from './lib/packages.ts';

type Targets = { readonly [condition: string]: string | Targets };

for (const { path } of readPackages()) await bundle(path);

async function bundle(path: string): Promise<void> {
  const { exports } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { readonly exports: Targets };
  const input = Object.fromEntries(entriesOf(exports).map((entry) => [entry, join(path, 'src', `${entry}.ts`)]));
  const build = await rolldown({
    input,
    external: /^[^./#]/,
    platform: 'neutral',
    resolve: { conditionNames: ['@holdfast/source', 'node', 'import'] },
    logLevel: 'warn',
    onLog(level, log) {
      throw new Error(`${path}: ${level}: ${log.message}`);
    },
  });
  await build.write({
    dir: join(path, 'dist/node'),
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    sourcemap: true,
    comments: false,
    // One byte for each character: V8 keeps the text of a file with any character above U+00FF in two.
    charset: 'ascii',
    // Short names within functions: V8 reads them in less time. Functions and classes keep theirs, for stacks.
    minify: { compress: false, mangle: { toplevel: false, keepNames: true }, codegen: { removeWhitespace: true } },
    minifyInternalExports: false,
  });
  await build.close();
}

/** The files under `dist/node` that are named under `node`, nested in any other conditions, without their ends. */
function entriesOf(targets: Targets): readonly string[] {
  return Object.entries(targets).flatMap(([condition, target]) => {
    if (typeof target !== 'string') return entriesOf(target);
    return condition === 'node' ? [target.replace(/^\.\/dist\/node\/|\.js$/g, '')] : [];
  });
}
