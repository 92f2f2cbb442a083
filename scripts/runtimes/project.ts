// A user's project: npm installs the tarballs and the environment's packages into a separate folder. The folder is kept,
// and installed again only if the tarballs or the packages have changed.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readTarballs } from '../lib/packages.ts';
import { root, run } from '../lib/run.ts';
import type { Job } from './job.ts';

/** Where jobs work and write their results. */
export const runtimesFolder: string = join(root, '.cache/runtimes');

/** Returns the project's folder, or the reason why it can't be installed here. */
export async function installProject(job: Job): Promise<{ readonly folder: string; readonly problem?: string }> {
  const folder = join(runtimesFolder, job.name);
  const tarballs = readTarballs();
  const manifest = JSON.stringify({
    name: `holdfast-on-${job.name}`,
    private: true,
    type: 'module',
    dependencies: { ...Object.fromEntries(tarballs.map((file) => [nameOf(file), `file:${file}`])), ...job.packages },
  });
  const hash = createHash('sha256').update(manifest);
  for (const file of tarballs) hash.update(readFileSync(file));
  const stamp = hash.digest('hex');
  const stampFile = join(folder, '.installed');
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    mkdirSync(folder, { recursive: true });
    for (const own of ['holdfast', '@holdfast', '.package-lock.json']) {
      rmSync(join(folder, 'node_modules', own), { recursive: true, force: true });
    }
    writeFileSync(join(folder, 'package.json'), manifest);
    const install = ['npm', 'install', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
    let ended = await run(install, { cwd: folder, limitMs: 300_000 });
    // If the registry fails once, it is asked a second time.
    if (!ended.ok) ended = await run(install, { cwd: folder, limitMs: 300_000 });
    if (!ended.ok) return { folder, problem: `npm could not install ${Object.keys(job.packages)}\n${ended.output}` };
    writeFileSync(stampFile, stamp);
  }
  writeFileSync(join(folder, 'package.json'), manifest);
  for (const fixtures of ['shared', job.fixtures ?? job.name]) {
    const from = join(root, 'scripts/runtimes/fixtures', fixtures);
    if (existsSync(from)) cpSync(from, folder, { recursive: true });
  }
  return { folder };
}

/** `holdfast-core-0.0.0.tgz` → `@holdfast/core`. */
function nameOf(tarball: string): string {
  const name = basename(tarball).replace(/-\d+\.\d+\.\d+.*$/, '');
  return name.replace(/^holdfast-/, '@holdfast/');
}
