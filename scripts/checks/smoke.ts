// Installs the tarballs with npm into an empty project, as a user would. Makes one call on each supported Node, and
// compiles the types with `tsc --strict`.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTarballs } from '../lib/packages.ts';
import { root, run } from '../lib/run.ts';

const nodes = ['22.23.3', '24.21.0', '26.10.0'];
const project = mkdtempSync(join(tmpdir(), 'holdfast-smoke-'));
try {
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  for (const file of ['call.js', 'consumer.ts']) copyFileSync(join(root, 'scripts/smoke', file), join(project, file));
  const npm = ['npm', 'install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
  if (await succeeds([...npm, '@types/node@26', ...readTarballs()])) {
    const tsc = ['tsc', '--strict', '--exactOptionalPropertyTypes', '--noEmit', '--module', 'nodenext'];
    await succeeds([...tsc, '--target', 'es2023', '--lib', 'es2023,dom,dom.iterable', '--types', '', 'consumer.ts']);
    // On a server, Node's own types replace the browser's, and the declarations are checked, too.
    const onServer = ['--target', 'es2022', '--lib', 'es2022', '--types', 'node', '--skipLibCheck', 'false'];
    await succeeds([...tsc, ...onServer, 'consumer.ts']);
    for (const node of nodes) await succeeds(['npx', '-y', `node@${node}`, 'call.js']);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

async function succeeds(command: readonly string[]): Promise<boolean> {
  const { ok, output } = await run(command, { cwd: project });
  console.log(output);
  if (!ok) process.exitCode = 1;
  return ok;
}
