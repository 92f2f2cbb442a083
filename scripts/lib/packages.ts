import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './run.ts';

/** A package of this workspace. */
export interface Package {
  /** The folder under `packages`. */
  readonly folder: string;
  readonly path: string;
  readonly name: string;
  /** The public entries, and where their declarations are built: `.` → `./dist/index.d.ts`. */
  readonly entries: readonly { readonly name: string; readonly types: string }[];
}

interface Manifest {
  readonly name: string;
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, string | { readonly types: string }>> };
}

/** All packages, in the order of their folders. */
export function readPackages(): readonly Package[] {
  return globSync('packages/*/package.json', { cwd: root }).sort().map(readPackage);
}

function readPackage(file: string): Package {
  const path = join(root, file, '..');
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;
  const entries = Object.entries(manifest.publishConfig?.exports ?? {}).flatMap(([name, target]) =>
    typeof target === 'string' ? [] : [{ name, types: target.types }],
  );
  return { folder: basename(path), path, name: manifest.name, entries };
}

/** The packed tarballs that the check `pack` wrote. */
export const tarballFolder: string = join(root, '.cache/tarballs');
export const readTarballs = (): readonly string[] =>
  globSync('*.tgz', { cwd: tarballFolder })
    .sort()
    .map((file) => join(tarballFolder, file));
