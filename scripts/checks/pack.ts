// Packs every package as it would be published. pnpm replaces `workspace:*` and `catalog:` by real versions. Each manifest
// says where the package comes from, and where its faults are reported.

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

for (const { folder, path } of readPackages()) {
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, unknown>;
  const missing = ['keywords', 'homepage', 'bugs', 'repository'].filter((field) => manifest[field] === undefined);
  const { directory } = (manifest['repository'] ?? {}) as { directory?: string };
  if (directory !== `packages/${folder}`) missing.push('repository.directory');
  if (missing.length === 0) continue;
  console.error(`packages/${folder}/package.json needs ${missing.join(', ')}: take them from another package’s.`);
  process.exitCode = 1;
}
