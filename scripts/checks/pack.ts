// Packs every package as it would be published. pnpm replaces `workspace:*` and `catalog:` by real versions.

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages, readTarballs, tarballFolder } from '../lib/packages.ts';
import { root, run } from '../lib/run.ts';

rmSync(tarballFolder, { recursive: true, force: true });
mkdirSync(tarballFolder, { recursive: true });
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string };
const pack = ['npx', '-y', packageManager, '--recursive', '--filter', './packages/*', 'pack'];
const { ok, output } = await run([...pack, '--pack-destination', tarballFolder]);
const expected = readPackages().length;
const got = readTarballs().length;
if (!ok || got !== expected) {
  console.error(`${output}\n${got} of ${expected} packages were packed.`);
  process.exitCode = 1;
}
