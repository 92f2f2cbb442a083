// `npm run bench`: measures, and prints tables. `-- overhead`, or the name of another part, measures only that part.
// `--quick` measures less exactly. `--write` writes the results to benchmarks/results and docs/performance. `--guard`
// compares with the committed results.

import { spawnSync } from 'node:child_process';
import { measureBundlers } from './bundlers/bundlers.ts';
import { describeBundlers, writeBundlers } from './bundlers/report.ts';
import { describeFirstCalls, measureFirstCalls, writeFirstCalls } from './first-calls/first-calls.ts';
import { describeFleet, measureFleet, writeFleet } from './fleet/fleet.ts';
import { describeBodies, measureBodies, tooMuch, writeBodies } from './memory/memory.ts';
import { describeOverhead, guard, overhead, writeOverhead } from './overhead/overhead.ts';
import { describeStartUp, writeStartUp } from './start-up/report.ts';
import { measureStartUp } from './start-up/start-up.ts';
import { describeStreams, measureStreams, tooSlow, writeStreams } from './streams/streams.ts';

const words = process.argv.slice(2);
const flags = new Set(words.filter((word) => word.startsWith('--')));
const named = words.filter((word) => !word.startsWith('--') && word !== 'all');
const isQuick = flags.has('--quick');

const problems: string[] = [];

const parts: Readonly<Record<string, () => Promise<void>>> = {
  async 'start-up'() {
    const results = await measureStartUp(isQuick ? 3 : 11);
    console.log(describeStartUp(results));
    if (flags.has('--write')) writeStartUp(results);
  },
  /** What pages load at first, by bundler. */
  async bundlers() {
    const results = await measureBundlers();
    console.log(describeBundlers(results));
    for (const { bundler, warnings } of results) for (const each of warnings) console.log(`${bundler}: ${each}`);
    if (flags.has('--write')) writeBundlers(results);
  },
  async 'first-calls'() {
    const results = await measureFirstCalls(isQuick ? 3 : 9);
    console.log(describeFirstCalls(results));
    if (flags.has('--write')) writeFirstCalls(results);
  },
  async overhead() {
    const results = await overhead(isQuick);
    console.log(describeOverhead(results));
    if (flags.has('--write')) writeOverhead(results);
  },
  /** This part needs `redis-server`. */
  async fleet() {
    const results = await measureFleet(isQuick);
    console.log(describeFleet(results));
    if (flags.has('--write')) writeFleet(results);
  },
  async memory() {
    const results = await measureBodies(isQuick);
    console.log(describeBodies(results, isQuick));
    if (flags.has('--write')) writeBodies(results, isQuick);
    problems.push(...tooMuch(results));
  },
  async streams() {
    const results = await measureStreams(isQuick);
    console.log(describeStreams(results));
    if (flags.has('--write')) writeStreams(results);
    problems.push(...tooSlow(results));
  },
};

const unknown = named.find((name) => !(name in parts));
if (unknown !== undefined) throw new Error(`bench: ${unknown} must be all or one of ${Object.keys(parts).join(', ')}`);

const isBuilt = [
  ['tsc', '-b', 'tsconfig.build.json'],
  ['node', '--conditions=@holdfast/source', 'scripts/bundle.ts'],
].every(([command = '', ...args]) => spawnSync(command, args, { stdio: 'inherit' }).status === 0);
if (!isBuilt) throw new Error('bench: the packages must be built first, and the build failed');

if (flags.has('--guard')) problems.push(...(await guard()));
else for (const name of named.length === 0 ? Object.keys(parts) : named) await parts[name]?.();
if (problems.length > 0) {
  console.log(problems.join('\n'));
  process.exitCode = 1;
}
process.exit();
