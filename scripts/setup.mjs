// `npm start` and `npm test` begin here, on any Node from 20 on and without a single package installed. This file
// installs what the task needs, if that has not been done yet, and goes on under the Node that the repository brings.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules/.cache/holdfast/setup.json');
const ownNode = join(root, 'node_modules/.bin/node');

/** What each task runs, and how little of the workspace it can do with. */
const tasks = {
  start: {
    main: 'examples/quickstart/main.ts',
    install: [
      ...['--prod', '--filter', 'holdfast-repository', '--filter', 'holdfast-examples...'],
      // Six small files: `npm test` checks the lockfile against the registry, and a stalled connection is given up soon.
      ...['--config.trust-lockfile=true', '--config.fetch-timeout=10000'],
    ],
  },
  test: { main: 'scripts/check.ts', install: [] },
  bench: { main: 'benchmarks/main.ts', install: [] },
  simulate: { main: 'benchmarks/simulation/main.ts', install: [] },
  answers: { main: 'packages/dialects/test/support/table.ts', install: [] },
};

const [name, ...rest] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) throw new Error(`setup.mjs: the task must be one of ${Object.keys(tasks)}, got ${name}`);

if (!isSetUp()) install();
process.exitCode =
  run(ownNode, ['--conditions=@holdfast/source', join(root, task.main), ...rest], 'inherit').status ?? 1;

/** True if the very same dependencies were installed before, for this task or for a larger one. */
function isSetUp() {
  if (!existsSync(stampFile) || !existsSync(ownNode)) return false;
  const stamp = JSON.parse(readFileSync(stampFile, 'utf8'));
  return stamp.dependencies === dependencies() && (stamp.task === name || stamp.task === 'test');
}

function install() {
  const pnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
  // A smaller installation would take away from one that is there already.
  const isFirst = !existsSync(join(root, 'node_modules/.modules.yaml'));
  const args = ['-y', pnpm, 'install', '--frozen-lockfile', ...(isFirst ? task.install : [])];
  console.log(`Installing what \`npm ${name}\` needs; this is done once.`);
  const { status, stdout, stderr, error } = run('npx', args, 'pipe');
  if (status !== 0) {
    console.error(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
    console.error(`The installation failed: npx ${args.join(' ')}`);
    process.exit(1);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ dependencies: dependencies(), task: isFirst ? name : 'test' }));
}

/** A fingerprint of every file that says what has to be installed. */
function dependencies() {
  const packages = readdirSync(join(root, 'packages')).map((folder) => `packages/${folder}/package.json`);
  const others = ['package.json', 'examples/package.json', 'benchmarks/package.json', 'comparison/package.json'];
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...others, ...packages];
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    if (existsSync(join(root, file))) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function run(command, args, output) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', output, output], encoding: 'utf8' });
}
