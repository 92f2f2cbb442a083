// `npm start` and `npm test` begin here, on any Node from version 20 on and without any installed package. This file
// installs what the task needs, if that is missing, and then starts the task with the repository's own Node.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules/.cache/holdfast/setup.json');
const ownNode = join(root, 'node_modules/.bin/node');

/** What each task runs, and the part of the workspace that is enough for it. */
const tasks = {
  start: {
    main: 'examples/quickstart/main.ts',
    install: [
      ...['--prod', '--filter', 'holdfast-repository', '--filter', 'holdfast-examples...'],
      // `npm start` needs six small files. `npm test` checks the lockfile against the registry, so this task need not;
      // the short timeout ends a stalled connection.
      ...['--config.trust-lockfile=true', '--config.fetch-timeout=10000'],
    ],
  },
  test: { main: 'scripts/check.ts' },
  'test:long': { main: 'scripts/check.ts', args: ['--long'] },
  bench: { main: 'benchmarks/main.ts' },
  simulate: { main: 'benchmarks/simulation/main.ts' },
  map: { main: 'scripts/map.ts' },
  answers: { main: 'packages/dialects/test/support/table.ts' },
};

const [name, ...rest] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) throw new Error(`setup.mjs: the task must be one of ${Object.keys(tasks)}, got ${name}`);

if (!isSetUp()) await install();
const { args: ownArgs = [] } = task;
const main = mainFile();
const { status } = spawnSync(ownNode, ['--conditions=@holdfast/source', join(root, main), ...ownArgs, ...rest], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exitCode = status ?? 1;

/** `npm start -- llm` runs another example than the first one. */
function mainFile() {
  if (name !== 'start' || rest.length === 0) return task.main;
  const file = `examples/${rest.shift()}/main.ts`;
  if (existsSync(join(root, file))) return file;
  const examples = readdirSync(join(root, 'examples')).filter((one) =>
    existsSync(join(root, 'examples', one, 'main.ts')),
  );
  console.error(`There is no ${file}. The examples are: ${examples.join(', ')}`);
  return process.exit(1);
}

/** True if exactly these dependencies are already installed, for this task or for all tasks. */
function isSetUp() {
  if (!existsSync(stampFile) || !existsSync(ownNode)) return false;
  const stamp = JSON.parse(readFileSync(stampFile, 'utf8'));
  return stamp.dependencies === dependencies() && (stamp.task === name || stamp.task === 'all');
}

async function install() {
  const pnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
  // A smaller installation would remove packages of the existing one.
  const isFirst = !existsSync(join(root, 'node_modules/.modules.yaml'));
  const part = isFirst ? task.install : undefined;
  const args = ['-y', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only', ...(part ?? [])];
  console.log(`Installing what \`npm run ${name}\` needs; this is done once.`);
  const startedAt = Date.now();
  const { isOk, output } = await watched('npx', args);
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  if (!isOk) {
    console.error(output);
    console.error(`The installation failed after ${seconds} s: npx ${args.join(' ')}`);
    process.exit(1);
  }
  console.log(`Installed in ${seconds} s.`);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ dependencies: dependencies(), task: part ? name : 'all' }));
}

/** A fingerprint of every file that determines what is installed. */
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

/** Runs a command, and prints its last line of output every few seconds. */
function watched(command, args) {
  const startedAt = Date.now();
  const isTerminal = process.stdout.isTTY === true;
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let told = '';
    const tell = () => {
      const last = output.trimEnd().split('\n').at(-1).trim();
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      const text = `  ${seconds} s  ${last}`.slice(0, (process.stdout.columns || 120) - 1);
      if (isTerminal) process.stdout.write(`\r\x1b[2K${text}`);
      else if (last !== told) console.log(text);
      told = last;
    };
    const timer = setInterval(tell, isTerminal ? 500 : 5000);
    const end = (isOk) => {
      clearInterval(timer);
      if (isTerminal) process.stdout.write('\r\x1b[2K');
      resolve({ isOk, output });
    };
    child.stdout.on('data', (piece) => (output += piece));
    child.stderr.on('data', (piece) => (output += piece));
    child.on('error', (error) => {
      output += error.message;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}
